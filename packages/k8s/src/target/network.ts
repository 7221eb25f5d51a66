import type { Plan } from "@glacier/core";
import { ownName } from "../names.ts";
import type { Manifest } from "../pod/pod.ts";
import type { Settings } from "./settings.ts";

/** Nothing comes in; DNS, HTTPS, the storage's ports and those of the options go out. */
export function networkPolicies(plan: Plan, settings: Settings): Manifest[] {
  const ports = new Set([443, apiServer, ...storagePorts(plan), ...settings.egressPorts]);
  const own = { matchLabels: { "app.kubernetes.io/instance": settings.name } };
  return [
    policy(settings, "deny", {
      podSelector: settings.createNamespace ? {} : own,
      policyTypes: ["Ingress", "Egress"],
    }),
    policy(settings, "egress", {
      podSelector: own,
      policyTypes: ["Egress"],
      egress: [
        { ports: ["UDP", "TCP"].map((protocol) => ({ protocol, port: 53 })) },
        { ports: [...ports].sort((a, b) => a - b).map((port) => ({ protocol: "TCP", port })) },
        ...(settings.uses("gcp") ? [metadataServer] : []),
      ],
    }),
  ];
}

/** Policies see the API server's own port, and not its Service's 443. Argo's container in each pod asks there. */
const apiServer = 6443;

/** https://cloud.google.com/kubernetes-engine/docs/how-to/network-policy#network-policy-and-workload-identity */
const metadataServer: Manifest = {
  to: ["169.254.169.252/32", "169.254.169.254/32"].map((cidr) => ({ ipBlock: { cidr } })),
  ports: [80, 988].map((port) => ({ protocol: "TCP", port })),
};

function policy(settings: Settings, word: string, spec: Manifest): Manifest {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: settings.metadata(ownName(settings.deployment, word), "shared"),
    spec,
  };
}

/** Ports of servers that the plan's storage names, whatever the option is called. */
function storagePorts({ state, datasets }: Plan): number[] {
  const texts = [state, ...datasets.map(({ storage }) => storage)].flatMap((one) => Object.values(one));
  return texts.flatMap((text) => {
    if (typeof text !== "string" || !/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || !URL.canParse(text)) return [];
    const { port, protocol } = new URL(text);
    if (port !== "") return [Number(port)];
    return protocol === "http:" ? [80] : [];
  });
}
