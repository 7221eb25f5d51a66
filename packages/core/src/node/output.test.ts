import { afterEach, expect, it } from "vitest";
import { type MaskedOutput, maskOutput } from "./output.ts";

const { write } = process.stdout;
const { log } = console;
let printed: (string | Uint8Array)[] = [];
let output: MaskedOutput | undefined;

function masked(...secrets: string[]): MaskedOutput {
  printed = [];
  process.stdout.write = ((chunk: string | Uint8Array) => printed.push(chunk) > 0) as typeof write;
  console.log = (...args: unknown[]) => void printed.push(args.join(" "));
  output = maskOutput();
  for (const secret of secrets) output.hide(secret);
  return output;
}

afterEach(() => {
  output?.restore();
  process.stdout.write = write;
  console.log = log;
});

it("takes secrets out of whatever is printed, and leaves the rest as it is", () => {
  masked("hunter2");
  const bytes = Buffer.from([0xff, 0xfe]);
  process.stdout.write("password hunter2\n");
  process.stdout.write(Buffer.from("hunter2"));
  process.stdout.write(bytes);
  console.log("it is %s", { deep: "hunter2" });
  console.log("plain", "words");
  expect(printed[0]).toBe("password ***\n");
  expect(printed[1]).toBe("***");
  expect(printed[2]).toBe(bytes);
  expect(printed[3]).toContain("deep: '***'");
  expect(printed[4]).toBe("plain words");
});

it("is gone afterwards, and the secrets with it", () => {
  masked("hunter2").restore();
  console.log("hunter2");
  process.stdout.write("hunter2");
  expect(printed).toEqual(["hunter2", "hunter2"]);
});
