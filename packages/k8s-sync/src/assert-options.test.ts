import { expect, it } from 'vitest';
import { createHealthServers } from './health/health-servers.ts';
import { clusterSource } from './sources/cluster/cluster-source.ts';
import { manifestSource } from './sources/manifests/manifest-source.ts';
import { createTranslator } from './translate/translator.ts';

const any = (value: unknown) => value as never;

it.each<[string, () => unknown, string]>([
  ['no options', () => clusterSource(any(undefined)), 'clusterSource: expected an object, got nothing'],
  ['no server', () => clusterSource(any({ nodeName: 'a' })), 'clusterSource: says nothing about where'],
  [
    'an option of another name',
    () => clusterSource(any({ server: 'http://127.0.0.1:1', node: 'a' })),
    'clusterSource: node: there is no such option',
  ],
  [
    'no folder',
    () => manifestSource(any({})),
    "manifestSource: folder: expected a path, such as 'manifests'",
  ],
  [
    'no node',
    () => createTranslator(any({})),
    "createTranslator: nodeName: is missing; name the own Node, '' for none",
  ],
  [
    'a range that is none',
    () => createTranslator({ nodeName: 'a', nodePortAddresses: ['192.0.2.0/33'] }),
    "createTranslator: nodePortAddresses: '192.0.2.0/33' is no range such as",
  ],
  [
    'ranges that are no list',
    () => createTranslator(any({ nodeName: 'a', nodePortAddresses: '192.0.2.0/24' })),
    "createTranslator: nodePortAddresses: expected a list of texts, got '192.0.2.0/24'",
  ],
  [
    'a port alone',
    () => createHealthServers(any({ port: 1 })),
    'createHealthServers: port: there is no such option',
  ],
])('%s', (_what, make, message) => {
  expect(make).toThrow(
    expect.objectContaining({ code: 'LBX_BAD_OPTION', message: expect.stringContaining(message) }),
  );
});
