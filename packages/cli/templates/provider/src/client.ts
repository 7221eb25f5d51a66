import { compareUtf8 } from "@glacier/core/adapter";

/** An object as the backend has it. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Another one each time the object is replaced, also by the same bytes. */
  readonly etag: string;
  readonly modified: Date;
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What goes with an object that is stored. */
export interface PutOptions {
  /** Only over the version with this etag. */
  readonly ifMatch?: string;
  /** `"*"`: only where there is none. */
  readonly ifNoneMatch?: "*";
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** How the backend says no: with a status, as most do. */
export class ClientError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What the adapter needs of a backend's client. */
export interface Client {
  get(key: string): Promise<StoredObject>;
  put(key: string, bytes: Uint8Array, options: PutOptions): Promise<StoredObject>;
  /** At most `limit` objects whose key starts with `prefix`, behind the key `after`, in the order of their keys' UTF-8 bytes. */
  page(prefix: string, after: string | undefined, limit: number): Promise<StoredObject[]>;
  remove(key: string): Promise<void>;
}

/** Every object of this process, by the name of its place. */
const places = new Map<string, Client>();
let versions = 0;

/**
 * Stands in for your backend's own client: objects in this process's memory, gone with it. Put the real one here; whatever can
 * do these four things will do.
 */
export function connect(name: string): Client {
  const client = places.get(name) ?? createClient();
  places.set(name, client);
  return client;
}

function createClient(): Client {
  const objects = new Map<string, StoredObject>();
  let sorted: string[] | undefined;
  return {
    async get(key) {
      const object = objects.get(key);
      if (object === undefined) throw new ClientError(404, "Not Found");
      return object;
    },
    async put(key, bytes, { ifMatch, ifNoneMatch, ...rest }) {
      // From here to the `set` nothing is awaited: nobody gets in between.
      const there = objects.get(key);
      if (ifNoneMatch === "*" && there !== undefined) throw new ClientError(412, "Precondition Failed");
      if (ifMatch !== undefined && ifMatch !== there?.etag) throw new ClientError(412, "Precondition Failed");
      const object: StoredObject = { ...rest, key, bytes, etag: `${++versions}`, modified: new Date() };
      objects.set(key, object);
      if (there === undefined) sorted = undefined;
      return object;
    },
    async page(prefix, after, limit) {
      sorted ??= [...objects.keys()].sort(compareUtf8);
      return sorted
        .filter((key) => key.startsWith(prefix) && (after === undefined || compareUtf8(key, after) > 0))
        .slice(0, limit)
        .flatMap((key) => objects.get(key) ?? []);
    },
    async remove(key) {
      if (objects.delete(key)) sorted = undefined;
    },
  };
}
