// Prints a vitest JSON report's counts as its last line, "N passed, N failed"; fails when a test failed or was skipped,
// when a file could not be loaded, and when nothing ran. A case of a conformance suite that a provider skips with a reason
// (@glacier/testkit) is listed, and is no failure.
import { existsSync, readFileSync } from "node:fs";

const path = process.argv[2];
if (!existsSync(path)) {
  console.error(`no test ran to its end: ${path} is missing`);
  process.exit(1);
}
const files = JSON.parse(readFileSync(path, "utf8")).testResults;
const tests = files.flatMap((file) => file.assertionResults);
const passed = tests.filter((test) => test.status === "passed").length;
const failed = tests.filter((test) => test.status === "failed");
const notRun = tests.filter((test) => test.status !== "passed" && test.status !== "failed");
const reasoned = notRun.filter((test) => test.meta?.glacierSkip !== undefined);
const skipped = notRun.filter((test) => test.meta?.glacierSkip === undefined);
// A file that fails outside its tests (an import, a hook) has no failed test of its own: it counts as one.
const broken = files.filter(
  (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
);

for (const test of failed) console.log(`failed: ${test.fullName}`);
for (const file of broken) console.log(`failed: ${file.name}: ${file.message}`);
for (const test of reasoned) console.log(`does not apply: ${test.fullName}: ${test.meta.glacierSkip}`);
for (const test of skipped) console.log(`skipped: ${test.fullName}`);
const failures = failed.length + broken.length;
if (skipped.length > 0) console.log(`${skipped.length} skipped: everything must run here`);
console.log(`${passed} passed, ${failures} failed`);
process.exitCode = passed > 0 && failures === 0 && skipped.length === 0 ? 0 : 1;
