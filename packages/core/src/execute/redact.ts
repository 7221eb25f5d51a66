import { type ErrorContext, GlacierError } from "../errors/index.ts";
import type { Json } from "../json.ts";

/** Takes secrets out of whatever leaves an attempt: log lines, messages, stacks. */
export class Redactor {
  /** What is taken out, the longest first. */
  #secrets: string[] = [];

  /** Also as it stands in JSON, in a URL and in base64; of a secret that is JSON or has lines, each of its texts. */
  hide(secret: string): void {
    if (secret === "") return;
    const isLong = (part: string): boolean => part.length >= leastPart;
    const texts = [secret, secret.trim(), ...[...textsIn(secret)].filter(isLong)];
    const lines = secret.split(/\r?\n/).filter(isLong);
    const all = new Set([...this.#secrets, ...texts.flatMap(formsOf), ...lines]);
    all.delete("");
    this.#secrets = [...all].sort((a, b) => b.length - a.length);
  }

  text(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, "***");
    return clean;
  }

  json<T extends Json | undefined>(value: T): T {
    return this.#secrets.length === 0 || value === undefined ? value : (this.#walk(value) as T);
  }

  error(error: GlacierError): GlacierError {
    if (this.#secrets.length === 0 || !this.#leaks(error)) return error;
    return new GlacierError(error.code, {
      message: this.text(error.message),
      hint: this.text(error.hint),
      context: this.#walk(error.context as Json) as ErrorContext,
      issues: error.issues.map((issue) => this.error(issue)),
      retryable: error.retryable,
      ...(error.cause instanceof Error && { cause: this.#cause(error.cause) }),
    });
  }

  /** A copy without whatever else the error carried: a client's errors often hold whole requests. */
  #cause(cause: Error): Error {
    const copy = new Error(this.text(cause.message));
    copy.name = cause.name;
    copy.stack = this.text(cause.stack ?? "");
    return copy;
  }

  #leaks(error: GlacierError): boolean {
    if (error.cause !== undefined) return true;
    const all = JSON.stringify(error) ?? "";
    return this.text(all) !== all;
  }

  #walk(value: Json): Json {
    if (typeof value === "string") return this.text(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => this.#walk(item));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#walk(item)]));
  }
}

/** Characters of a part of a secret that is masked by itself: shorter ones, such as the name of a database, stand in any text. */
const leastPart = 8;

/** Characters of a text whose other forms are masked. */
const leastEncoded = 4;

function formsOf(text: string): string[] {
  if (text.length < leastEncoded) return [text];
  const [whole, bytes] = [text.toWellFormed(), new TextEncoder().encode(text)];
  const base64 = [0, 1, 2].map((offset) => base64At(offset, bytes)).filter((form) => form.length >= leastEncoded);
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(whole),
    encodeURI(whole),
    new URLSearchParams([["", whole]]).toString().slice(1),
    ...base64,
    ...base64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_")),
  ];
}

/** What base64 has of bytes wherever they stand in it, as after a user's name: without the characters that others share. */
function base64At(offset: number, bytes: Uint8Array): string {
  const text = "\0".repeat(offset) + Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).slice(Math.ceil((offset * 8) / 6), Math.floor((text.length * 8) / 6));
}

/** The texts in a secret that is JSON, as Secrets Manager keeps what opens a database. */
function* textsIn(secret: string): Generator<string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(secret);
  } catch {
    return;
  }
  yield* leaves(parsed);
}

function* leaves(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null) for (const part of Object.values(value)) yield* leaves(part);
}
