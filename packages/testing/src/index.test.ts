import { expect, test } from 'vitest';
import * as testing from './index.ts';

test('what the package exports', () => {
  expect(Object.keys(testing).sort()).toMatchInlineSnapshot(`
    [
      "TestingError",
      "clusterProgramsFolder",
      "createBpffsFolder",
      "createCgroup",
      "createGate",
      "createNetns",
      "createPacketSocket",
      "createVethPair",
      "describeCluster",
      "describeKernel",
      "eth",
      "execCommand",
      "findCgroup2",
      "formatIpv4",
      "formatIpv6",
      "formatMac",
      "fragmentPacket",
      "internetChecksum",
      "ipPart",
      "ipv4",
      "ipv6",
      "isRequired",
      "kernelProblem",
      "parseIpv4",
      "parseIpv6",
      "parseMac",
      "parsePacket",
      "readKernelFacts",
      "segmentChecksum",
      "testCluster",
      "testKernel",
    ]
  `);
});
