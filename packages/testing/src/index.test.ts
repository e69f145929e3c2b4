import { expect, test } from 'vitest';
import * as testing from './index.ts';

test('what the package exports', () => {
  expect(Object.keys(testing).sort()).toMatchInlineSnapshot(`
    [
      "TestingError",
      "clusterProgramsFolder",
      "crc32c",
      "createBpffsFolder",
      "createCgroup",
      "createGate",
      "createNetns",
      "createPacketSocket",
      "createRandom",
      "createVethPair",
      "describeCluster",
      "describeKernel",
      "dsrOption4",
      "dsrOption6",
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
      "readDsrOption4",
      "readDsrOption6",
      "readKernelFacts",
      "segmentChecksum",
      "spoilFrame",
      "testCluster",
      "testKernel",
    ]
  `);
});
