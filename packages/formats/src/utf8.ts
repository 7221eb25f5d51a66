const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Strict UTF-8, a BOM kept. Throws a `TypeError` for bytes that are no UTF-8. */
export function utf8(bytes: Uint8Array): string {
  return strict.decode(bytes);
}
