import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { s3 } from "@glacier/aws";
import { testStorage } from "@glacier/testkit";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { type CephService, cephInstalled, startCeph } from "../services/ceph.ts";
import { type MotoService, motoMissing, startMoto } from "../services/moto.ts";

const mebibyte = 1024 * 1024;

const sameBytes = "S3's etag of an object is the MD5 of its bytes: the same bytes have the same again.";

describe.skipIf(motoMissing() !== undefined)("S3, on moto", () => {
  const [accessKeyId, secretAccessKey] = ["AKIAGLACIERTESTKEY00", "glacier-secret-of-the-tests"];
  let moto: MotoService;

  beforeAll(async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
    moto = await startMoto();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await moto.stop();
  });

  testStorage("the kit", {
    create: async () => {
      const bucket = await moto.makeBucket();
      return s3({ kind: "s3", bucket, prefix: "a b/ü", endpoint: moto.endpoint, forcePathStyle: true });
    },
    thresholds: [8 * mebibyte],
    maxBuffered: 48 * mebibyte,
    credentials: [accessKeyId, secretAccessKey],
    skip: {
      "the same bytes written again have another etag": sameBytes,
      "signedUrl, where there is one: one for GET refuses PUT": "moto checks no signature.",
    },
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
      skip: { "the same bytes written again have another etag": sameBytes },
      timeout: 180_000,
    });
  });
}
