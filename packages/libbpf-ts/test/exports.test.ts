import * as libbpf from 'libbpf-ts';
import { expect, test } from 'vitest';

test('what the package exports, so that a reviewer sees it change', () => {
  expect(Object.keys(libbpf).sort()).toMatchInlineSnapshot(`
    [
      "BPF_F_MMAPABLE",
      "BatchError",
      "BoundEntry",
      "BpfError",
      "BpfMap",
      "BpfObject",
      "BpfProgram",
      "FileLock",
      "LibbpfError",
      "Link",
      "LoadError",
      "MapMismatchError",
      "Network",
      "NotSupportedError",
      "RingBuffer",
      "RunStatistics",
      "TcNetlinkLink",
      "TypedMap",
      "Variable",
      "VerifierError",
      "attachTypes",
      "destroySocket",
      "enableRunStatistics",
      "features",
      "findInterface",
      "inNetns",
      "listLinks",
      "load",
      "mapDifferences",
      "mapTypes",
      "netnsCookie",
      "parseObject",
      "possibleCpus",
      "programTypes",
      "queryCgroup",
      "queryTcx",
      "queryXdp",
      "readIterator",
    ]
  `);
});
