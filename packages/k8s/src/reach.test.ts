import { expect, it } from "vitest";
import { outOfReach } from "./reach.ts";

it.each([
  [{ kind: "memory" }, /memory/],
  [{ kind: "localFs", basePath: "data" }, /folder/],
  [{ kind: "s3", bucket: "b", endpoint: "http://localhost:9000" }, /server/],
  [{ kind: "redis", url: "redis://127.0.0.1:6379/0" }, /server/],
  [{ kind: "redis", url: "redis://[::1]" }, /server/],
])("pods don't reach %j", (storage, where) => {
  expect(outOfReach(storage, {})).toMatch(where);
});

it.each([
  { kind: "s3", bucket: "localhost" },
  { kind: "s3", bucket: "b", endpoint: "http://minio.storage.svc:9000" },
  { kind: "s3", bucket: "b", endpoint: "http://localhost.example.com" },
])("pods may reach %j", (storage) => {
  expect(outOfReach(storage, undefined)).toBeUndefined();
});

it("pods on their node's network may reach its servers, and no folder", () => {
  expect(outOfReach({ kind: "s3", endpoint: "http://127.0.0.1:9000" }, { hostNetwork: true })).toBeUndefined();
  expect(outOfReach({ kind: "localFs", basePath: "data" }, { hostNetwork: true })).toMatch(/folder/);
});
