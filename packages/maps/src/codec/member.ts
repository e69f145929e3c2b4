/** Reads one member of an object. */
export type MemberReader = (value: never) => unknown;

/**
 * Readers of the members that the service maps have. `value.address` in source takes about 5 ns where `value[name]`
 * takes 7 to 10 (Node 24), and a struct reads five to seven of them; any other name works too, only slower.
 */
const KNOWN: Readonly<Record<string, MemberReader>> = {
  address: (v: { address: unknown }) => v.address,
  dport: (v: { dport: unknown }) => v.dport,
  backendSlot: (v: { backendSlot: unknown }) => v.backendSlot,
  proto: (v: { proto: unknown }) => v.proto,
  scope: (v: { scope: unknown }) => v.scope,
  affinityTimeout: (v: { affinityTimeout: unknown }) => v.affinityTimeout,
  backendId: (v: { backendId: unknown }) => v.backendId,
  count: (v: { count: unknown }) => v.count,
  revNatIndex: (v: { revNatIndex: unknown }) => v.revNatIndex,
  revNatId: (v: { revNatId: unknown }) => v.revNatId,
  flags: (v: { flags: unknown }) => v.flags,
  flags2: (v: { flags2: unknown }) => v.flags2,
  qcount: (v: { qcount: unknown }) => v.qcount,
  port: (v: { port: unknown }) => v.port,
  state: (v: { state: unknown }) => v.state,
  clusterId: (v: { clusterId: unknown }) => v.clusterId,
  zone: (v: { zone: unknown }) => v.zone,
};

/** The reader of the member called `name`. */
export function memberReader(name: string): MemberReader {
  const known = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
  return (known ?? ((value: Readonly<Record<string, unknown>>) => value[name])) as MemberReader;
}
