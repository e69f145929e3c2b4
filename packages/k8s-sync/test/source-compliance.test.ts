import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeApiServer, type FakeApiServerOptions } from '@lbx/testing';
import { objectIdentity } from '../src/objects/object-identity.ts';
import { clusterSource } from '../src/sources/cluster/cluster-source.ts';
import { manifestSource } from '../src/sources/manifests/manifest-source.ts';
import { mergeSources } from '../src/sources/merge/merge-sources.ts';
import { type CallSource, objectSource } from '../src/sources/object-source.ts';
import { recordSource } from '../src/sources/recording/record-source.ts';
import { replaySource } from '../src/sources/recording/replay-source.ts';
import { type MakeSource, type Step, sourceCompliance } from './source-compliance.ts';

const temporaryFolder = () => mkdtempSync(join(tmpdir(), `lbx-compliance-${process.pid}-`));
const cluster =
  (server: FakeApiServerOptions): MakeSource =>
  async (initial) => {
    const api = await createFakeApiServer(server);
    api.put(...initial);
    return {
      source: clusterSource({ server: api.url, nodeName: 'node-a' }),
      apply(step) {
        if ('put' in step) api.put(step.put);
        else api.delete(step.remove.kind, step.remove.namespace, step.remove.name);
      },
      cleanUp: () => api.close(),
    };
  };

/** One file for each object, replaced whole. */
const manifests: MakeSource = (initial) => {
  const folder = temporaryFolder();
  const fileOf = (kind: string, namespace: string, name: string) =>
    join(folder, `${kind}-${namespace}-${name}.json`);
  const put = (object: object) => {
    const { kind } = object as { kind: string };
    const { namespace, name } = objectIdentity(kind, object);
    writeFileSync(join(folder, '.new'), JSON.stringify(object));
    renameSync(join(folder, '.new'), fileOf(kind, namespace, name!));
  };
  initial.forEach(put);
  return {
    source: manifestSource(folder, { confirmMs: 10 }),
    apply(step) {
      if ('put' in step) put(step.put);
      else rmSync(fileOf(step.remove.kind, step.remove.namespace, step.remove.name));
    },
    cleanUp: () => rmSync(folder, { recursive: true }),
  };
};

function call(source: CallSource, step: Step): void {
  if ('put' in step) source.upsert(step.put);
  else source.delete(step.remove.kind, step.remove.namespace, step.remove.name);
}

function filled(initial: readonly object[], name?: string): CallSource {
  const source = objectSource(name);
  source.upsert(...initial);
  source.synced();
  return source;
}

const calls: MakeSource = (initial) => {
  const source = filled(initial);
  return { source, apply: (step) => call(source, step), cleanUp() {} };
};

const recorded: MakeSource = (initial) => {
  const folder = temporaryFolder();
  const source = filled(initial);
  return {
    source: recordSource(source, join(folder, 'recording.jsonl')),
    apply: (step) => call(source, step),
    cleanUp: () => rmSync(folder, { recursive: true }),
  };
};

/** Everything has happened already: it comes when it is replayed. */
const replayed: MakeSource = async (initial, steps) => {
  const folder = temporaryFolder();
  const file = join(folder, 'recording.jsonl');
  const source = filled(initial);
  const recording = recordSource(source, file);
  await recording.start(() => {});
  for (const step of steps) call(source, step);
  await recording.close();
  return {
    source: replaySource(file),
    apply() {},
    cleanUp: () => rmSync(folder, { recursive: true }),
  };
};

/** Services from one source, all else from another. */
const merged: MakeSource = (initial) => {
  const isService = (object: object) => (object as { kind: string }).kind === 'Service';
  const services = filled(initial.filter(isService), 'services');
  const others = filled(
    initial.filter((object) => !isService(object)),
    'others',
  );
  return {
    source: mergeSources([services, others]),
    apply: (step) =>
      call(('put' in step ? isService(step.put) : step.remove.kind === 'Service') ? services : others, step),
    cleanUp() {},
  };
};

sourceCompliance('an API server that streams lists', cluster({}));
sourceCompliance('an API server that lists in pages', cluster({ streamingLists: 'invalid' }));
sourceCompliance('a folder of manifests', manifests);
sourceCompliance('calls from code', calls);
sourceCompliance('a source that is recorded', recorded);
sourceCompliance('a recording', replayed);
sourceCompliance('merged sources', merged);
