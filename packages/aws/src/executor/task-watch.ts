import type { Task } from "@aws-sdk/client-ecs";
import type { Clients } from "./clients.ts";
import { serviceError } from "./service-errors.ts";

/** Looks at a cluster's tasks, all in one. */
export interface TaskWatch {
  /**
   * The next look at a task; undefined where ECS knows nothing of it.
   * Errors: `THROTTLED`, `UNAVAILABLE`, `PERMISSION_DENIED`, `NOT_FOUND`.
   */
  next(arn: string): Promise<Task | undefined>;
}

/** Milliseconds between looks: longer and longer while they fail, for ECS may ask for fewer. */
const shortestPause = 2000;
const longestPause = 30_000;

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html */
const largestLook = 100;

interface Waiting {
  readonly promise: Promise<Task | undefined>;
  readonly resolve: (task: Task | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Looks only while somebody waits for it. */
export function watchTasks(cluster: string, clients: Clients): TaskWatch {
  let waiting = new Map<string, Waiting>();
  let pause = shortestPause;
  let due = false;

  async function look(): Promise<void> {
    due = false;
    const asked = [...waiting];
    waiting = new Map();
    let failing = false;
    for (let at = 0; at < asked.length; at += largestLook) {
      const batch = asked.slice(at, at + largestLook);
      try {
        const found = await describe(batch.map(([arn]) => arn));
        for (const [arn, { resolve }] of batch) resolve(found.get(arn));
      } catch (error) {
        failing = true;
        for (const [, { reject }] of batch) reject(error);
      }
    }
    pause = failing ? Math.min(longestPause, pause * 2) : shortestPause;
  }

  async function describe(tasks: string[]): Promise<Map<string, Task>> {
    const { sdk, client } = await clients.ecs();
    const answer = await client.send(new sdk.DescribeTasksCommand({ cluster, tasks })).catch((error) => {
      throw serviceError(error, { what: `look at containers of cluster "${cluster}"`, action: "ecs:DescribeTasks" });
    });
    return new Map((answer.tasks ?? []).map((task) => [task.taskArn ?? "", task]));
  }

  return {
    next(arn) {
      let one = waiting.get(arn);
      if (one === undefined) {
        one = Promise.withResolvers<Task | undefined>();
        waiting.set(arn, one);
      }
      if (!due) setTimeout(() => void look(), pause);
      due = true;
      return one.promise;
    },
  };
}
