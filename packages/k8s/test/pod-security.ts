/**
 * What in a pod's spec breaks the restricted Pod Security Standard, baseline included, each with the field. Checks every
 * control of https://kubernetes.io/docs/concepts/security/pod-security-standards/ for Linux pods; `annotations` are for AppArmor.
 */
// biome-ignore lint/suspicious/noExplicitAny: parsed YAML
export function podSecurityViolations(spec: any, annotations: Readonly<Record<string, string>> = {}): string[] {
  const found: string[] = [];
  const deny = (broken: boolean, field: string): void => void (broken && found.push(field));
  const set = (value: unknown): boolean => value !== undefined && value !== null;
  for (const field of ["hostNetwork", "hostPID", "hostIPC"]) deny(spec[field] === true, field);
  deny(spec.securityContext?.windowsOptions?.hostProcess === true, "windowsOptions.hostProcess");
  const volumeKinds = "configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret".split(" ");
  for (const { name, ...source } of spec.volumes ?? [])
    deny(
      Object.keys(source).some((kind) => !volumeKinds.includes(kind)),
      `volume ${name}`,
    );
  const safeSysctls = ["kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start"];
  for (const { name } of spec.securityContext?.sysctls ?? []) deny(!safeSysctls.includes(name), `sysctl ${name}`);
  for (const [name, profile] of Object.entries(annotations))
    deny(
      name.startsWith("container.apparmor.security.beta.kubernetes.io/") &&
        !/^(runtime\/default|localhost\/.*)$/.test(profile),
      name,
    );
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
  deny(containers.length === 0, "containers");
  for (const one of containers) {
    const own = one.securityContext ?? {};
    const pod = spec.securityContext ?? {};
    const at = (field: string): string => `${one.name}: ${field}`;
    const inherited = (field: string): unknown => own[field] ?? pod[field];
    deny(own.privileged === true, at("privileged"));
    deny(own.allowPrivilegeEscalation !== false, at("allowPrivilegeEscalation"));
    deny(!(own.capabilities?.drop ?? []).includes("ALL"), at("capabilities.drop"));
    deny(
      (own.capabilities?.add ?? []).some((name: string) => name !== "NET_BIND_SERVICE"),
      at("capabilities.add"),
    );
    deny(inherited("runAsNonRoot") !== true, at("runAsNonRoot"));
    deny(inherited("runAsUser") === 0, at("runAsUser"));
    const seccomp = inherited("seccompProfile") as { type?: string } | undefined;
    deny(!["RuntimeDefault", "Localhost"].includes(seccomp?.type ?? ""), at("seccompProfile"));
    deny(set(own.procMount) && own.procMount !== "Default", at("procMount"));
    const { type, user, role } = (inherited("seLinuxOptions") ?? {}) as Record<string, string>;
    deny(
      !["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"].includes(type ?? ""),
      at("seLinux"),
    );
    deny((user ?? "") !== "" || (role ?? "") !== "", at("seLinux"));
    const appArmor = inherited("appArmorProfile") as { type?: string } | undefined;
    deny(set(appArmor) && appArmor?.type === "Unconfined", at("appArmorProfile"));
    deny(
      (one.ports ?? []).some((port: { hostPort?: number }) => (port.hostPort ?? 0) !== 0),
      at("hostPort"),
    );
    for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"])
      deny(set(one[probe]?.httpGet?.host) || set(one[probe]?.tcpSocket?.host), at(probe));
  }
  return found;
}
