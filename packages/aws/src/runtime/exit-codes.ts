/** How a container of a task ends. The error itself is in the run's journal. */
export const exitCodes = { succeeded: 0, failed: 1, failedForGood: 2, killed: 137, stopped: 143 } as const;
