import { compute } from "@glacier/core";
import { testTarget } from "@glacier/testkit";
import { moduleAsCode, targetWith } from "../../test/code.ts";
import { awsView } from "../../test/view.ts";
import { AWSTarget } from "./aws-target.ts";

const create = () => targetWith(moduleAsCode, { region: "us-east-1", secretsPrefix: "kit/" });

testTarget("AWSTarget with functions, their code aside", {
  create,
  compute: compute.serverless({ memory: 512 }),
  view: awsView,
});
testTarget("AWSTarget with containers, their code aside", {
  create,
  compute: compute.container({ image: "node:24", memory: 1024 }),
  view: awsView,
});
// A bundle each time, so it takes its time.
testTarget("AWSTarget", {
  create: () => new AWSTarget({ region: "us-east-1", secretsPrefix: "kit/" }),
  view: awsView,
  timeout: 300_000,
});
