/**
 * 100,000 no-op tasks in a layered random graph (3 inputs each) through the scheduler, with events. Floors: a bare loop
 * over maps; the same with status, events, an abort check and a limit of 16. Peers: p-graph and Effect. Each measurement
 * in a process of its own; µs a task, medians.
 */
import { type Bench, inProcess, interleaved } from "./measure.ts";

const rounds = 5;

const bench: Bench = {
  name: "schedule",
  async run() {
    const memory: Record<string, number> = {};
    const measure = (how: string) => () => {
      const { us, rssMiB } = inProcess<{ us: number; rssMiB: number }>("./schedule/run.ts", how);
      memory[how] = Math.max(memory[how] ?? 0, rssMiB);
      return us;
    };
    const took = await interleaved(rounds, {
      glacier: measure("glacier"),
      bare: measure("bare"),
      hand: measure("hand"),
      pgraph: measure("pgraph"),
      effect: measure("effect"),
      chain: measure("chain"),
    });
    return {
      rows: [
        {
          label: "a task (floor: a bare loop over maps)",
          value: took.glacier,
          unit: "µs",
          floor: took.bare,
          peer: took.pgraph,
          target: "≤ 8 µs",
          ok: took.glacier <= 8,
        },
        {
          label: "a task (floor: status, events, abort, limit by hand; peer Effect)",
          value: took.glacier,
          unit: "µs",
          floor: took.hand,
          peer: took.effect,
        },
        { label: "a task of a chain", value: took.chain, unit: "µs" },
        {
          label: "peak memory",
          value: memory["glacier"] ?? Number.NaN,
          unit: "MiB",
          target: "≤ 400 MiB",
          ok: (memory["glacier"] ?? Number.NaN) <= 400,
        },
      ],
    };
  },
};

export default bench;
