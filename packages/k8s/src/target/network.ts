import { type Diagnostic, GlacierError, type Plan } from "@glacier/core";
import { ownName } from "../names.ts";
import type { Manifest } from "../pod/pod.ts";
import type { Settings } from "./settings.ts";

/** Nothing comes in; DNS, HTTPS, the storage and the ports of the options go out, and whoever asks the API server may. */
export function networkPolicies(plan: Plan, settings: Settings): Manifest[] {
  const servers = storageServers(plan);
  const open = new Set([443, ...servers.flatMap(({ port }) => port ?? []), ...settings.egressPorts]);
  const guarded = !settings.egressPorts.includes(http) && open.delete(http);
  const namespaces = new Set(servers.flatMap(({ namespace }) => namespace ?? []));
  const own = { "app.kubernetes.io/instance": settings.name };
  return [
    policy(settings, "deny", {
      podSelector: settings.createNamespace ? {} : { matchLabels: own },
      policyTypes: ["Ingress", "Egress"],
    }),
    policy(settings, "egress", {
      podSelector: { matchLabels: own },
      policyTypes: ["Egress"],
      egress: [
        { ports: dns.flatMap((port) => ["UDP", "TCP"].map((protocol) => ({ protocol, port }))) },
        { ports: [...open].sort((a, b) => a - b).map((port) => ({ protocol: "TCP", port })) },
        ...(guarded ? [{ to: [...world, { namespaceSelector: {} }], ports: [{ protocol: "TCP", port: http }] }] : []),
        ...[...namespaces].sort().map((name) => ({
          to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } }],
        })),
        ...(settings.uses("gcp") ? [metadataServer] : []),
      ],
    }),
    policy(settings, "api-server", {
      // Argo's container in each pod asks there.
      podSelector: {
        matchLabels: settings.engine === "argo" ? own : { ...own, "app.kubernetes.io/component": "engine" },
      },
      policyTypes: ["Egress"],
      egress: [{ ports: [{ protocol: "TCP", port: apiServer }] }],
    }),
  ];
}

/** A remark where the storage's server is one that {@link networkPolicies} close. */
export function checkServers(plan: Plan, { createNamespace, namespace }: Settings): Diagnostic[] {
  if (!createNamespace || storageServers(plan).every((server) => server.namespace !== namespace)) return [];
  const message = `a storage server is in the deployment's own namespace "${namespace}", where nothing comes in`;
  const hint = "Put it into a namespace of its own, or give createNamespace: false, which leaves it open.";
  return [{ severity: "warning", error: new GlacierError("STORAGE_UNREACHABLE", { message, hint }) }];
}

/** Policies see the API server's own port, and not its Service's 443. */
const apiServer = 6443;

/** Policies see the port of its pods: OpenShift's own. https://docs.openshift.com/container-platform/latest/networking/dns-operator.html */
const dns = [53, 5353];

/** The port of storage at an `http:` URL; and of the machines' metadata servers, which give whoever asks the machine's own rights. */
const http = 80;
const world: readonly Manifest[] = [
  { ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } },
  { ipBlock: { cidr: "::/0", except: ["fd00:ec2::254/128", "fe80::/10"] } },
];

/** https://cloud.google.com/kubernetes-engine/docs/how-to/network-policy#network-policy-and-workload-identity */
const metadataServer: Manifest = {
  to: ["169.254.169.252/32", "169.254.169.254/32"].map((cidr) => ({ ipBlock: { cidr } })),
  ports: [http, 988].map((port) => ({ protocol: "TCP", port })),
};

function policy(settings: Settings, word: string, spec: Manifest): Manifest {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: settings.metadata(ownName(settings.deployment, word), "shared"),
    spec,
  };
}

/** A server that the plan's storage names. */
interface StorageServer {
  readonly port?: number;
  /** Of a Service in the cluster: its pods' port needn't be its own, so all of theirs are open. */
  readonly namespace?: string;
}

/** Whatever the option is called that has its URL. */
function storageServers({ state, datasets }: Plan): StorageServer[] {
  const texts = [state, ...datasets.map(({ storage }) => storage)].flatMap((one) => Object.values(one));
  return texts.flatMap((text): StorageServer[] => {
    if (typeof text !== "string" || !/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || !URL.canParse(text)) return [];
    const { hostname, port, protocol } = new URL(text);
    const namespace = /^[^.]+\.([^.]+)\.svc(\.|$)/.exec(hostname)?.[1];
    if (namespace !== undefined) return [{ namespace }];
    if (port !== "") return [{ port: Number(port) }];
    return protocol === "http:" ? [{ port: http }] : [];
  });
}
