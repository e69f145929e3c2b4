import { flagText, valueText } from '../codec/field.ts';
import { Algorithm, IpProto, ServiceFlag, ServiceFlag2 } from '../layouts/names.ts';
import type { Lb4Frontend, Lb4Key, Lb4ProxyFrontend, Lb4Slot, ServiceValue } from '../layouts/service.ts';
import { addressOf, ENDPOINT, type Form, formatEndpoint, patternText } from './form.ts';

const protoText = valueText(IpProto);
const algorithmText = valueText(Algorithm);
const scopeText = valueText({ ext: 0, int: 1 });
const shifted = Object.fromEntries(Object.entries(ServiceFlag2).map(([name, bit]) => [name, bit << 8]));
/** Both flag bytes in one list; no name is in both. */
const flagsText = flagText({ ...ServiceFlag, ...shifted });

const key = patternText<Lb4Key>(
  new RegExp(String.raw`^${ENDPOINT}/(?<proto>\S+) (?<scope>\S+) slot=(?<slot>\d+)$`),
  '198.51.100.1:80/TCP ext slot=0',
  (k) =>
    `${formatEndpoint(k.address, k.dport)}/${protoText.format(k.proto)} ${scopeText.format(k.scope)} slot=${k.backendSlot}`,
  (g) => ({
    address: addressOf(g),
    dport: Number(g.port),
    backendSlot: Number(g.slot),
    proto: protoText.parse(g.proto!),
    scope: scopeText.parse(g.scope!),
  }),
);

const TAIL = String.raw`flags=(?<flags>\S+) rev=(?<rev>\d+)$`;
const formatTail = (v: ServiceValue) =>
  `flags=${flagsText.format(v.flags | (v.flags2 << 8))} rev=${v.revNatIndex}`;
function readTail(g: Readonly<Record<string, string>>) {
  // NaN for an unknown name stays NaN, and is refused with the field's name.
  const flags = flagsText.parse(g.flags!);
  const [count, qcount] = [Number(g.count ?? 0), Number(g.qcount ?? 0)];
  return {
    count,
    revNatIndex: Number(g.rev),
    flags: flags % 0x100,
    flags2: Math.floor(flags / 0x100),
    qcount,
  };
}

const frontend = patternText<Lb4Frontend | Lb4ProxyFrontend>(
  new RegExp(
    String.raw`^(?:alg=(?<alg>\S+) affinity=(?<seconds>\d+)|l7port=(?<l7port>\d+)) count=(?<count>\d+) qcount=(?<qcount>\d+) ${TAIL}`,
  ),
  'alg=random affinity=0 count=2 qcount=0 flags=LoadBalancer|routable rev=1',
  (v) => {
    const word =
      'l7LbProxyPort' in v
        ? `l7port=${v.l7LbProxyPort}`
        : `alg=${algorithmText.format(v.affinityTimeout.algorithm)} affinity=${v.affinityTimeout.seconds}`;
    return `${word} count=${v.count} qcount=${v.qcount} ${formatTail(v)}`;
  },
  (g) =>
    g.l7port === undefined
      ? {
          affinityTimeout: { seconds: Number(g.seconds), algorithm: algorithmText.parse(g.alg!) },
          ...readTail(g),
        }
      : { l7LbProxyPort: Number(g.l7port), ...readTail(g) },
);

// Counts of a slot are zero; shown only when something wrote them.
const slot = patternText<Lb4Slot>(
  new RegExp(String.raw`^backend=(?<backend>\d+)(?: count=(?<count>\d+) qcount=(?<qcount>\d+))? ${TAIL}`),
  'backend=2 flags=LoadBalancer|routable rev=1',
  (v) => {
    const counts = v.count === 0 && v.qcount === 0 ? '' : ` count=${v.count} qcount=${v.qcount}`;
    return `backend=${v.backendId}${counts} ${formatTail(v)}`;
  },
  (g) => ({ backendId: Number(g.backend), ...readTail(g) }),
);

/** `198.51.100.1:80/TCP ext slot=0 => alg=maglev affinity=0 count=2 qcount=0 flags=LoadBalancer|routable rev=1`. */
export const serviceForm: Form<Lb4Key, ServiceValue> = {
  key,
  value: (k) => (k.backendSlot === 0 ? frontend : slot) as never,
};
