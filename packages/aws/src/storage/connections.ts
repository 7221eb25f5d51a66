import type { OnReadOpts, Socket } from "node:net";
import type { Duplex, Readable } from "node:stream";

/**
 * Bytes that a connection reads at once. Node's own 64 KiB go into new memory each time, and its parser copies them once
 * more: V8, to which a buffer is a small object, lets a hundred MiB of them gather. Pieces of 8 KiB fill its young generation sooner.
 */
const readSize = 8 * 1024;

/** The connections that were made here, and the memory that they have read into. */
const connections = new WeakSet<Duplex>();
const memory = new WeakSet<ArrayBufferLike>();

/**
 * Whether Node's parser copies a body out of what the connection read, so that the same memory can be read into again.
 * Every Node that is out does, and none says so: the first body shows it.
 */
let copied: boolean | undefined;

/** Makes a connection that reads into the same memory again and again. https://nodejs.org/api/net.html#new-netsocketoptions */
export function reading(connect: (onread: OnReadOpts) => Duplex | null | undefined): Socket {
  let buffer = memoryToRead();
  const socket = connect({
    buffer: () => buffer,
    callback(length, bytes) {
      const goOn = socket.push(bytes.subarray(0, length));
      // What nobody took at once lies in the stream; and who else listens may keep what comes.
      const kept = socket.readableLength > 0 || socket.listenerCount("data") > 1;
      if (kept || copied !== true) buffer = memoryToRead();
      return goOn;
    },
  }) as Socket;
  connections.add(socket);
  return socket;
}

/** Looks at the next piece of an answer's body: as it comes in, since pieces that wait are joined, which copies them. */
export function watchBody(answer: Readable & { readonly socket?: Duplex }): void {
  if (copied !== undefined || answer.socket === undefined || !connections.has(answer.socket)) return;
  const { push } = answer;
  answer.push = (chunk, encoding) => {
    answer.push = push;
    if (chunk !== null) copied ??= !memory.has(chunk.buffer);
    return push.call(answer, chunk, encoding);
  };
}

function memoryToRead(): Buffer {
  const buffer = Buffer.allocUnsafeSlow(readSize);
  memory.add(buffer.buffer);
  return buffer;
}
