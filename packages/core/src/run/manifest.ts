/** The commit record of a dataset: `manifests/<pipeline>/<dataset>.json` under the state root. */
export interface Manifest {
  readonly version: 1;
  readonly pipeline: string;
  readonly tenant?: string;
  readonly dataset: string;
  readonly uri: string;
  readonly etag: string;
  readonly bytes: number;
  readonly rows?: number;
  /** Rows that `onInvalid` left out. */
  readonly invalid?: number;
  readonly format: string;
  /** SHA-256 (hex) of the schema's JSON Schema, where it has one. */
  readonly schemaHash?: string;
  readonly runId: string;
  readonly task: string;
  readonly attempt: number;
  /** Etags of the inputs it was made from, by dataset. */
  readonly inputs: Readonly<Record<string, string>>;
  /** ISO 8601, UTC. */
  readonly time: string;
}
