import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, freePort, untilReady } from "./program.ts";

/** Ceph's RADOS gateway: a real S3 server, with real signatures, expiry and checksums. */
export interface CephService {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  stop(): Promise<void>;
}

/**
 * Whether Ceph is here: `apt-get install --no-install-recommends radosgw ceph-mon ceph-osd`. Its suite is an extra one, for
 * whoever has it: the packages take minutes to install, so CI goes without, and no skip is counted.
 */
export function cephInstalled(): boolean {
  return ["ceph", "ceph-mon", "ceph-osd", "radosgw"].every((name) => findProgram(name) !== undefined);
}

/** Starts a monitor, an object store in memory and a gateway, on free loopback ports. Takes some ten seconds. */
export async function startCeph(): Promise<CephService> {
  const folder = mkdtempSync(join(tmpdir(), "glacier-ceph-"));
  const [monitorPort, port] = [await freePort(), await freePort()];
  const fsid = randomUUID();
  const conf = join(folder, "ceph.conf");
  for (const name of ["mon", "osd", "rgw", "run"]) mkdirSync(join(folder, name));
  writeFileSync(conf, configuration(folder, fsid, monitorPort));

  const stops: (() => Promise<void>)[] = [];
  const run = (name: string, ...args: string[]): string =>
    execFileSync(findProgram(name) as string, ["-c", conf, ...args], {
      encoding: "utf8",
      stdio: "pipe",
      timeout: 60_000,
    });
  const start = (name: string, ...args: string[]): void => {
    const daemon = spawn(findProgram(name) as string, ["-c", conf, "-f", ...args], { stdio: "ignore" });
    const exited = new Promise<void>((resolve) => daemon.once("exit", () => resolve()));
    stops.unshift(async () => {
      daemon.kill("SIGKILL"); // all is in memory: there is nothing to end in order
      await exited;
    });
  };
  const service: CephService = {
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: "GLACIERTESTS", secretAccessKey: randomUUID() },
    async stop() {
      for (const stop of stops) await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    const { accessKeyId, secretAccessKey } = service.credentials;
    const map = join(folder, "monmap");
    run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", `[v2:127.0.0.1:${monitorPort}]`, map);
    const keyring = join(folder, "keyring");
    const all = ["--cap", "mon", "allow *", "--cap", "osd", "allow *"];
    run("ceph-authtool", keyring, "--create-keyring", "--gen-key", "-n", "mon.", ...all);
    run("ceph-authtool", keyring, "--gen-key", "-n", "client.admin", ...all);
    run("ceph-mon", "--mkfs", "-i", "a", "--monmap", map, "--keyring", keyring);
    start("ceph-mon", "-i", "a");
    await untilReady(() => run("ceph", "--connect-timeout", "5", "mon", "stat"));
    const osd = randomUUID();
    const osdKeyring = join(folder, "osd", "keyring");
    run("ceph", "osd", "new", osd, "0");
    run("ceph", "auth", "get-or-create", "osd.0", "mon", "allow profile osd", "osd", "allow *", "-o", osdKeyring);
    run("ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", osd, "--keyring", osdKeyring);
    start("ceph-osd", "-i", "0", "--keyring", osdKeyring);
    start("radosgw", "-n", "client.admin", "--rgw-frontends", `beast endpoint=127.0.0.1:${port}`);
    await untilReady(() => fetch(service.endpoint));
    const keys = ["--access-key", accessKeyId, "--secret-key", secretAccessKey];
    run("radosgw-admin", "user", "create", "--uid", "tests", "--display-name", "tests", "--max-buckets", "0", ...keys);
  } catch (error) {
    await service.stop();
    throw error;
  }
  return service;
}

function configuration(folder: string, fsid: string, monitorPort: number): string {
  return `[global]
fsid = ${fsid}
mon host = [v2:127.0.0.1:${monitorPort}]
run dir = ${join(folder, "run")}
admin socket = ${join(folder, "run", "$name.$pid.asok")}
keyring = ${join(folder, "keyring")}
log file = ${join(folder, "$name.log")}
mon data = ${join(folder, "mon")}
osd data = ${join(folder, "osd")}
rgw data = ${join(folder, "rgw")}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd objectstore = memstore
memstore device bytes = 4294967296
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
rgw thread pool size = 32
`;
}
