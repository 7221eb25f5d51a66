const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const shortText = 24;

/**
 * Strict UTF-8 of `bytes` from `start` to `end`. A short ASCII text, as most fields are, is put together by hand: that
 * is faster than a call of the decoder.
 * Throws a `TypeError` for bytes that are no UTF-8.
 */
export function utf8(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > shortText) return strict.decode(bytes.subarray(start, end));
  let text = "";
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte > 0x7f) return strict.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}
