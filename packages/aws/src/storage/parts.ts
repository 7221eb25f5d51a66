import { crc32 } from "node:zlib";

const mebibyte = 1024 * 1024;

/** Bytes of a part, and of the largest object that is written by one request. */
export const partSize: number = 8 * mebibyte;

/** Bytes of an upload's parts that are on their way side by side, as long as a part is no larger. */
const inFlight = 4 * partSize;

/** Parts of an object. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const mostParts = 10_000;

/** Parts of one size, which some servers want; each one behind them is 0.08 % larger, so that all hold 5 TiB. */
const equalParts = 2_000;

/** Bytes of the part with that number, from 1: 8 MiB up to an object of 15.6 GiB, then about 0.08 % of what is written. */
export function sizeOfPart(number: number): number {
  return Math.ceil((partSize / mebibyte) * 1.0008 ** Math.max(0, number - equalParts)) * mebibyte;
}

/** Parts of that size that may be on their way side by side. */
export function sideBySide(size: number): number {
  return Math.max(1, Math.floor(inFlight / size));
}

/** Bytes of a part, copied together from chunks, with their CRC32. */
export interface Part {
  readonly bytes: Uint8Array;
  /** CRC32 as S3 takes it: base64 of 4 bytes. */
  readonly checksum: string;
}

/** Fills a part: copies, since whoever makes a body may use its chunk's memory again. */
export interface PartBuffer {
  readonly full: boolean;
  /** Takes what fits of the chunk's bytes from `at`, and answers how many. */
  append(chunk: Uint8Array, at: number): number;
  take(): Part;
}

/** An empty part of at most `size` bytes. `memory` of that size is used; without it, memory grows with what is taken. */
export function createPart(size: number, memory?: Uint8Array): PartBuffer {
  let bytes = memory ?? new Uint8Array(Math.min(size, 64 * 1024));
  let filled = 0;
  let crc = 0;
  return {
    get full() {
      return filled === size;
    },
    append(chunk, at) {
      const piece = chunk.subarray(at, at + size - filled);
      if (filled + piece.length > bytes.length) bytes = grown(bytes, filled, filled + piece.length, size);
      bytes.set(piece, filled);
      crc = crc32(piece, crc); // now, while the bytes are in the processor's cache
      filled += piece.length;
      return piece.length;
    },
    take() {
      const checksum = Buffer.alloc(4);
      checksum.writeUInt32BE(crc);
      return { bytes: bytes.subarray(0, filled), checksum: checksum.toString("base64") };
    },
  };
}

function grown(bytes: Uint8Array, filled: number, needed: number, size: number): Uint8Array {
  const larger = Buffer.allocUnsafeSlow(Math.min(size, Math.max(needed, 2 * bytes.length)));
  larger.set(bytes.subarray(0, filled));
  return larger;
}
