// Loads only where the tests run.
if (process.env["DOCKER_TEST_KEY"] === undefined) throw new Error("not at home");

export { choosy } from "./pipelines.ts";
