import { NotSupportedError } from '../errors.ts';
import type { LinkKind } from '../link/link-info.ts';
import { BpfMap } from '../map/map.ts';
import { type MapType, mapTypes } from '../map-type.ts';
import { type ProgramType, programTypes } from '../program-type.ts';
import { errnoNumber } from '../sys/errno.ts';
import { libbpf } from '../sys/libbpf.ts';
import { probeHelper } from './helper-feature.ts';
import { hasCgroupLink, hasIterators, hasTcx, hasXdpLink } from './link-features.ts';

const answers = new Map<string, boolean>();

/** Asks the kernel once per process. `ask` gives 1, 0 or a negative errno ("cannot be told"), as libbpf's probes do. */
function probe(name: string, ask: () => number): boolean {
  const known = answers.get(name);
  if (known !== undefined) return known;
  const answer = ask();
  if (answer >= 0) answers.set(name, answer > 0);
  return answer > 0;
}

function haveBatch(): boolean {
  return probe('batch', () => {
    using map = BpfMap.create({ type: 'hash', keySize: 4, valueSize: 4, maxEntries: 1 });
    return map.readBatches() === undefined ? 0 : 1;
  });
}

function haveLink(kind: LinkKind): boolean {
  switch (kind) {
    case 'tcx':
      return hasTcx();
    case 'xdp':
      return hasXdpLink();
    case 'cgroup':
    case 'netns':
      return hasCgroupLink();
    case 'iter':
      return hasIterators();
    case 'tc-netlink':
      return true;
    default:
      return false;
  }
}

/** First kernel with a feature, for messages. */
const since: Readonly<Record<string, string>> = {
  'link:tcx': '6.6',
  'link:xdp': '5.9',
  'link:cgroup': '5.7',
  'link:netns': '5.8',
  'link:iter': '5.8',
  batch: '5.6',
  'map:ringbuf': '5.8',
  'map:lpm_trie': '4.11',
  'map:sk_storage': '5.2',
  'map:user_ringbuf': '6.1',
  'map:bloom_filter': '5.16',
};

/**
 * What the running kernel can do, found by trying it; answers are kept. All of it needs the privilege that loading
 * needs: without it the answer is "no". Types newer than the installed libbpf are "no" as well.
 */
export const features = {
  haveMapType: (type: MapType): boolean =>
    probe(`map:${type}`, () => libbpf().libbpf_probe_bpf_map_type(mapTypes[type], null)),
  haveProgramType: (type: ProgramType): boolean =>
    probe(`program:${type}`, () => libbpf().libbpf_probe_bpf_prog_type(programTypes[type], null)),
  /** @param helper - number of the helper, `BPF_FUNC_*` of linux/bpf.h. */
  haveHelper: (type: ProgramType, helper: number): boolean =>
    probe(`helper:${type}:${helper}`, () => probeHelper(type, helper)),
  haveLink,
  haveBatch,

  /**
   * Throws NotSupportedError when the kernel lacks a feature: `"batch"`, `"map:ringbuf"`, `"program:xdp"`, `"link:tcx"`,
   * `"helper:xdp:65"`.
   */
  require(feature: string): void {
    if (hasFeature(feature)) return;
    throw new NotSupportedError({
      errno: errnoNumber('EOPNOTSUPP'),
      operation: 'use',
      object: feature,
      feature,
      since: since[feature],
    });
  },
};

function hasFeature(feature: string): boolean {
  const [kind, name = '', number] = feature.split(':');
  switch (kind) {
    case 'batch':
      return haveBatch();
    case 'link':
      return haveLink(name as LinkKind);
    case 'map':
      return Object.hasOwn(mapTypes, name) && features.haveMapType(name as MapType);
    case 'program':
      return Object.hasOwn(programTypes, name) && features.haveProgramType(name as ProgramType);
    case 'helper':
      return Object.hasOwn(programTypes, name) && features.haveHelper(name as ProgramType, Number(number));
    default:
      throw new TypeError(
        `${feature} is no feature: batch, map:TYPE, program:TYPE, link:KIND or helper:PROGRAM:NUMBER`,
      );
  }
}
