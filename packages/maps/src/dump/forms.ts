import { valueText } from '../codec/field.ts';
import type { LbAffinityMatch } from '../layouts/affinity.ts';
import type { BackendKey, Lb4Backend } from '../layouts/backend.ts';
import { BackendStateByte, IpProto } from '../layouts/names.ts';
import type { Lb4ReverseNat, RevNatKey } from '../layouts/reverse-nat.ts';
import { type Lb4SrcRangeKey, SOURCE_RANGE_STATIC_BITS } from '../layouts/source-range.ts';
import { addressOf, ENDPOINT, type Form, formatEndpoint, patternText } from './form.ts';
import { serviceForm } from './service-form.ts';

const protoText = valueText(IpProto);
const stateText = valueText(BackendStateByte);

const revNat = patternText<RevNatKey>(
  /^rev=(?<rev>\d+)$/,
  'rev=1',
  (k) => `rev=${k.revNatId}`,
  (g) => ({ revNatId: Number(g.rev) }),
);

/** `id=1 => 192.0.2.10:8080/TCP active zone=1`, zone and cluster only when there is one. */
const backend: Form<BackendKey, Lb4Backend> = {
  key: patternText(
    /^id=(?<id>\d+)$/,
    'id=1',
    (k) => `id=${k.backendId}`,
    (g) => ({ backendId: Number(g.id) }),
  ),
  value: () =>
    patternText<Lb4Backend>(
      new RegExp(
        String.raw`^${ENDPOINT}/(?<proto>\S+) (?<state>\S+)(?: zone=(?<zone>\d+))?(?: cluster=(?<cluster>\d+))?$`,
      ),
      '192.0.2.10:8080/TCP active',
      (v) => {
        const zone = v.zone === 0 ? '' : ` zone=${v.zone}`;
        const cluster = v.clusterId === 0 ? '' : ` cluster=${v.clusterId}`;
        const endpoint = formatEndpoint(v.address, v.port);
        return `${endpoint}/${protoText.format(v.proto)} ${stateText.format(v.state)}${zone}${cluster}`;
      },
      (g) => ({
        address: addressOf(g),
        port: Number(g.port),
        proto: protoText.parse(g.proto!),
        state: stateText.parse(g.state!),
        clusterId: Number(g.cluster ?? 0),
        zone: Number(g.zone ?? 0),
      }),
    ),
};

/** `rev=1 => 198.51.100.1:80`. */
const reverseNat: Form<RevNatKey, Lb4ReverseNat> = {
  key: revNat,
  value: () =>
    patternText<Lb4ReverseNat>(
      new RegExp(`^${ENDPOINT}$`),
      '198.51.100.1:80',
      (v) => formatEndpoint(v.address, v.port),
      (g) => ({ address: addressOf(g), port: Number(g.port) }),
    ),
};

/** `rev=6 192.0.2.128/25 => -`. */
const sourceRange: Form<Lb4SrcRangeKey, unknown> = {
  key: patternText(
    /^rev=(?<rev>\d+) (?<addr>\S+)\/(?<bits>-?\d+)$/,
    'rev=6 192.0.2.128/25',
    (k) => `rev=${k.revNatId} ${k.addr}/${k.prefixlen - SOURCE_RANGE_STATIC_BITS}`,
    (g) => ({
      prefixlen: Number(g.bits) + SOURCE_RANGE_STATIC_BITS,
      revNatId: Number(g.rev),
      addr: g.addr!,
    }),
  ),
};

/** `rev=1 backend=2 => -`. */
const affinityMatch: Form<LbAffinityMatch, unknown> = {
  key: patternText(
    /^rev=(?<rev>\d+) backend=(?<backend>\d+)$/,
    'rev=1 backend=2',
    (k) => `rev=${k.revNatId} backend=${k.backendId}`,
    (g) => ({ backendId: Number(g.backend), revNatId: Number(g.rev) }),
  ),
};

// biome-ignore lint/suspicious/noExplicitAny: a form of whatever key and value
type AnyForm = Form<any, any>;

/** Forms by map name; every other map reads `field=value field=value`. */
export const forms: Readonly<Record<string, AnyForm>> = {
  lb4_services_v2: serviceForm,
  lb6_services_v2: serviceForm,
  lb4_backends_v3: backend,
  lb6_backends_v3: backend,
  lb4_reverse_nat: reverseNat,
  lb6_reverse_nat: reverseNat,
  lb4_source_range: sourceRange,
  lb6_source_range: sourceRange,
  lb_affinity_match: affinityMatch,
  lb4_maglev: { key: revNat },
  lb6_maglev: { key: revNat },
};
