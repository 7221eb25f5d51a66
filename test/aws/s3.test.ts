import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { s3 } from "@glacier/aws";
import { testStorage } from "@glacier/testkit";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { type CephService, cephInstalled, startCeph } from "../services/ceph.ts";
import type { Gateway } from "../services/gateway.ts";
import { type MotoService, motoMissing, startMoto } from "../services/moto.ts";
import { startSignatureCheck } from "../services/signature.ts";

const mebibyte = 1024 * 1024;

describe.skipIf(motoMissing() !== undefined)("S3, on moto behind a gateway that checks every signature", () => {
  const keys = { accessKeyId: "AKIAGLACIERTESTKEY00", secretAccessKey: "glacier-secret-of-the-tests" };
  let moto: MotoService;
  let gateway: Gateway;

  beforeAll(async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", keys.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", keys.secretAccessKey);
    moto = await startMoto();
    gateway = await startSignatureCheck(moto.endpoint, keys);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    gateway.stop();
    await moto.stop();
  });

  testStorage("the kit", {
    create: async () => {
      const bucket = await moto.makeBucket();
      return s3({ kind: "s3", bucket, prefix: "a b/ü", endpoint: gateway.endpoint, forcePathStyle: true });
    },
    thresholds: [8 * mebibyte],
    maxBuffered: 48 * mebibyte,
    credentials: [keys.accessKeyId, keys.secretAccessKey],
    timeout: 180_000,
  });
});

// Not a skip where it is missing: see test/services/ceph.ts.
if (cephInstalled()) {
  describe("S3, on Ceph", () => {
    let ceph: CephService;
    let client: S3Client;
    let buckets = 0;

    beforeAll(async () => {
      ceph = await startCeph();
      vi.stubEnv("AWS_ACCESS_KEY_ID", ceph.credentials.accessKeyId);
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", ceph.credentials.secretAccessKey);
      client = new S3Client({ region: "us-east-1", endpoint: ceph.endpoint, forcePathStyle: true });
    }, 120_000);
    afterAll(async () => {
      vi.unstubAllEnvs();
      client.destroy();
      await ceph.stop();
    });

    testStorage("the kit", {
      create: async () => {
        const bucket = `bucket-${++buckets}`;
        await client.send(new CreateBucketCommand({ Bucket: bucket }));
        return s3({ kind: "s3", bucket, endpoint: ceph.endpoint, forcePathStyle: true });
      },
      thresholds: [8 * mebibyte],
      maxBuffered: 48 * mebibyte,
      credentials: ["GLACIERTESTS"],
      timeout: 180_000,
    });
  });
}
