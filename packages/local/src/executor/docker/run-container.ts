import { PassThrough } from "node:stream";
import { isGlacierError } from "@glacier/core";
import type Docker from "dockerode";
import { logLines } from "../lines.ts";
import { ended, lost, notStarted } from "./container-errors.ts";
import type { ContainerRun } from "./engine.ts";
import { type Owner, settings } from "./settings.ts";

/** Creates, starts, follows and removes one container. See `Engine.run` for the errors. */
export async function runContainer(docker: Docker, run: ContainerRun, owner: Owner): Promise<void> {
  const { signal } = run;
  signal.throwIfAborted();
  const container = await docker
    .createContainer(settings(run, owner))
    .catch((error) => Promise.reject(notStarted(run, error)));
  const kill = () => {
    container.kill().catch(() => {}); // it has ended by itself
  };
  try {
    signal.addEventListener("abort", kill, { once: true });
    const output = await container.attach({ stream: true, stdout: true, stderr: true });
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    docker.modem.demuxStream(output, stdout, stderr);
    for (const event of ["end", "close", "error"]) {
      output.once(event, () => {
        stdout.end();
        stderr.end();
      });
    }
    const lines = logLines({ stdout, stderr }, run.log);
    signal.throwIfAborted();
    await container.start().catch((error) => Promise.reject(notStarted(run, error)));
    if (signal.aborted) kill();
    await container.wait();
    await lines.ended;
    signal.throwIfAborted();
    const { State } = await container.inspect();
    if (State.ExitCode !== 0) throw ended(run, State, lines.said().lastWords);
  } catch (error) {
    signal.throwIfAborted();
    throw isGlacierError(error) ? error : lost(run, error);
  } finally {
    signal.removeEventListener("abort", kill);
    await container.remove({ force: true, v: true }).catch(() => {}); // the next start sweeps
  }
}
