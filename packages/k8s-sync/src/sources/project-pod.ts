type JsonObject = Readonly<Record<string, unknown>>;

/**
 * What is read of a Pod: where it runs, its addresses, its phase and the ports of its containers that name a host port.
 * Nine of ten containers have none, and what is left of their Pod is then a few words.
 */
export function projectPod(pod: JsonObject): { readonly spec: unknown; readonly status: unknown } {
  const spec = asObject(pod.spec);
  const status = asObject(pod.status);
  return {
    spec:
      spec === undefined
        ? pod.spec
        : given({
            nodeName: spec.nodeName,
            hostNetwork: spec.hostNetwork,
            initContainers: containers(spec.initContainers),
            containers: containers(spec.containers),
          }),
    status:
      status === undefined
        ? pod.status
        : given({ phase: status.phase, podIP: status.podIP, podIPs: status.podIPs }),
  };
}

function containers(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const kept = value.flatMap((item) => {
    const container = asObject(item);
    if (container === undefined) return [item];
    if (!Array.isArray(container.ports)) return container.ports === undefined ? [] : [container];
    const ports = container.ports.filter((port) => asObject(port)?.hostPort !== undefined);
    return ports.length === 0 ? [] : [given({ restartPolicy: container.restartPolicy, ports })];
  });
  return kept.length === 0 ? undefined : kept;
}

function given(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}
