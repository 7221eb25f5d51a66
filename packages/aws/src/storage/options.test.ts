import { expect, test } from "vitest";
import { s3 } from "./adapter.ts";

const secret = "wJalrXUtnFEMIK7MDENG";

test.each([
  ["an option that there is not", { regoin: "us-east-1" }, 'there is no option "regoin"'],
  ["a secret where none belongs", { secretAccessKey: secret }, 'there is no option "secretAccessKey"'],
  ["an endpoint without http", { endpoint: "minio" }, "its endpoint is not legal"],
  ["a password in the endpoint", { endpoint: `https://me:${secret}@minio.acme.example` }, "its endpoint is not legal"],
  ["a class that must be restored", { storageClass: "GLACIER" }, "its storageClass is not legal"],
  ["an encryption that there is not", { encryption: "aes" }, "its encryption is not legal"],
  ["a region that is no text", { region: 1 }, "its region is not legal"],
  ["a word for a truth", { forcePathStyle: "yes" }, "its forcePathStyle is not legal"],
])("%s: OPTION_INVALID, without its value", (_, options, words) => {
  let error: unknown;
  try {
    s3({ kind: "s3", bucket: "acme", ...options } as never);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code: "OPTION_INVALID", message: `s3 storage of bucket "acme": ${words}` });
  expect(JSON.stringify(error) + String(error)).not.toContain(secret);
});

test("takes all that S3Resource has", () => {
  const all = {
    kind: "s3",
    key: "k",
    bucket: "acme",
    prefix: "p",
    region: "us-east-1",
    endpoint: "http://127.0.0.1:1",
    forcePathStyle: true,
    encryption: { kms: "alias/a" },
    storageClass: "GLACIER_IR",
  } as const;
  expect(() => s3(all)).not.toThrow();
  expect(() => s3({ ...all, encryption: "AES256", region: undefined } as never)).not.toThrow();
});
