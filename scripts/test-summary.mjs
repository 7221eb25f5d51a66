// Prints a vitest JSON report's counts as one line; fails when nothing ran, or when anything was skipped.
import { readFileSync } from "node:fs";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { numPassedTests: passed, numFailedTests: failed, numPendingTests: pending, numTodoTests: todo } = report;
const skipped = pending + todo;
for (const file of report.testResults) {
  for (const test of file.assertionResults) {
    if (test.status === "pending" || test.status === "skipped" || test.status === "todo")
      console.error(`skipped: ${test.fullName}`);
  }
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(passed > 0 && failed === 0 && skipped === 0 ? 0 : 1);
