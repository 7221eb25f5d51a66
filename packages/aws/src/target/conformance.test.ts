import { compute } from "@glacier/core";
import { testTarget } from "@glacier/testkit";
import { moduleAsCode, targetWith } from "../../test/code.ts";
import { awsView } from "../../test/view.ts";

const create = () => targetWith(moduleAsCode, { region: "us-east-1", secretsPrefix: "kit/" });

testTarget("AWSTarget", { create, view: awsView });
testTarget("AWSTarget with functions", { create, compute: compute.serverless({ memory: 512 }), view: awsView });
testTarget("AWSTarget with containers", {
  create,
  compute: compute.container({ image: "node:24", memory: 1024 }),
  view: awsView,
});
