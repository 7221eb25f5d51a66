import { type ErrorContext, GlacierError } from "../errors/index.ts";
import type { Json } from "../json.ts";

/** Takes secrets out of whatever leaves an attempt: log lines, messages, stacks. */
export class Redactor {
  readonly #secrets: string[] = [];

  hide(secret: string): void {
    if (secret.length > 0) this.#secrets.push(secret);
    this.#secrets.sort((a, b) => b.length - a.length);
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
    return this.#secrets.some((secret) => all.includes(JSON.stringify(secret).slice(1, -1)));
  }

  #walk(value: Json): Json {
    if (typeof value === "string") return this.text(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => this.#walk(item));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#walk(item)]));
  }
}
