import { gunzipSync, inflateRawSync } from "node:zlib";
import { secretVariable } from "@glacier/core";
import { expect, vi } from "vitest";
import { compile, type TargetSubject } from "./compile.ts";
import { typical } from "./random.ts";

/** Values that stand nowhere by chance; one needs escapes in JSON, YAML and URLs. */
const values: Readonly<Record<string, string>> = {
  "api-key": "glacier-kit-secret-4f1c9e0b7a",
  "db-password": 'glacier "kit" pass/word\\4f1c+é',
};

/** Compiles with the secrets' values in the environment, where they are when a developer compiles. */
export async function noSecretValue(subject: TargetSubject): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    vi.stubEnv(secretVariable(name), value);
    vi.stubEnv(name, value);
  }
  try {
    const { forms, diagnostics } = await compile(subject, typical);
    const files = forms.flatMap(({ form, artifacts }) =>
      Object.entries(artifacts).map(([path, content]) => [`${form}: ${path}`, Buffer.from(content as string)] as const),
    );
    for (const [path, content] of [...files, ["diagnostics", Buffer.from(JSON.stringify(diagnostics))] as const]) {
      const leaked = [content, ...unpacked(content)].some((bytes) => spellings.some((one) => bytes.includes(one)));
      expect(leaked, `${path} holds a secret's value`).toBe(false);
    }
  } finally {
    vi.unstubAllEnvs();
  }
}

const spellings: readonly Buffer[] = Object.values(values).flatMap((value) => {
  const bytes = Buffer.from(value);
  const texts = [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    bytes.toString("hex"),
    // In base64 a text looks different at each of three places; the ends depend on what stands beside it.
    ...[0, 1, 2].flatMap((before) => {
      const text = Buffer.concat([Buffer.alloc(before), bytes]);
      return (["base64", "base64url"] as const).map((how) => text.toString(how).slice(before === 0 ? 0 : 4, -4));
    }),
  ];
  return [...texts.map((text) => Buffer.from(text)), Buffer.from(value, "utf16le")];
});

/** What is in a gzip or a zip file. */
function unpacked(file: Buffer): Buffer[] {
  if (file.length > 2 && file.readUInt16BE(0) === 0x1f8b) return [gunzipSync(file)];
  const found: Buffer[] = [];
  // https://pkwaredownloads.blob.core.windows.net/pkware-general/Documentation/APPNOTE-6.3.9.TXT, 4.3.7
  for (let at = file.indexOf("PK\x03\x04", 0, "latin1"); at !== -1; at = file.indexOf("PK\x03\x04", at + 4, "latin1")) {
    if (at + 30 > file.length || file.readUInt16LE(at + 8) !== 8) continue;
    const start = at + 30 + file.readUInt16LE(at + 26) + file.readUInt16LE(at + 28);
    try {
      found.push(inflateRawSync(file.subarray(start)));
    } catch {
      // These four bytes were no header.
    }
  }
  return found;
}
