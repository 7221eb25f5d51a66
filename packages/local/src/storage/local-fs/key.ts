import { GlacierError } from "@glacier/core";

/** Names that begin so are Glacier's own (temp files, locks): never listed, never a key. */
export const reserved = ".glacier~";

/** Names that Windows keeps for devices, whatever their extension. */
const devices = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Whether a file of this name can be an object: other programs may have put others there. */
export function isKeyName(name: string): boolean {
  return mistake(name, [name], process.platform) === undefined;
}

/**
 * The segments of a key that is safe to join to a path. Core has normalised keys before; this is the second wall.
 * Errors: `KEY_INVALID`.
 */
export function keySegments(key: string, platform: NodeJS.Platform = process.platform): string[] {
  const segments = key.split("/");
  const bad = mistake(key, segments, platform);
  if (bad === undefined) return segments;
  throw new GlacierError("KEY_INVALID", {
    message: `object key ${JSON.stringify(key.slice(0, 200))} ${bad}`,
    hint: "Use a relative path such as raw/orders.csv, below the storage's own root.",
    context: { key: key.slice(0, 200) },
  });
}

function mistake(key: string, segments: readonly string[], platform: NodeJS.Platform): string | undefined {
  if (key === "") return "is empty";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u001f\u007f]/.test(key)) return "has a control character";
  if (key.startsWith("/")) return "is an absolute path";
  if (!key.isWellFormed()) return "is not well-formed Unicode";
  if (segments.includes("")) return "has an empty segment";
  if (segments.includes(".") || segments.includes("..")) return 'has a "." or ".." segment';
  if (segments.some((name) => name.toLowerCase().startsWith(reserved)))
    return `has a segment that begins with ${reserved}, a name that Glacier keeps for itself`;
  if (platform !== "win32") return undefined;
  if (key.includes("\\")) return "has a backslash";
  // https://learn.microsoft.com/windows/win32/fileio/naming-a-file
  if (/[<>:"|?*]/.test(key)) return "has a character that Windows refuses in names";
  if (segments.some((name) => /[. ]$/.test(name)))
    return "has a segment that ends in a dot or a space, which Windows drops";
  if (segments.some((name) => devices.test(name))) return "has a segment that Windows keeps for a device";
  return undefined;
}
