import { rmSync, writeFileSync } from 'node:fs';
import { createBpffsFolder, createCgroup, createNetns } from '@lbx/testing';
import { expect } from 'vitest';
import { startAgentProcess } from './agent-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Addresses of the node in startNode(). */
export const node = { v4: '192.0.2.1', v4other: '192.0.2.2', v6: '2001:db8::1' };

/** A Kubernetes object as JSON. */
export const object = (kind: string, metadata: object, rest: object) =>
  JSON.stringify({
    apiVersion: kind === 'EndpointSlice' ? 'discovery.k8s.io/v1' : 'v1',
    kind,
    metadata,
    ...rest,
  });

export const until = (test: () => boolean): Promise<void> => expect.poll(test).toBe(true);

/** A node with its addresses, a folder of manifests, and an agent that follows it. */
export async function startNode(files: Readonly<Record<string, string>>, flags: readonly string[]) {
  using failed = new DisposableStack();
  const stack = failed.use(new DisposableStack());
  const netns = stack.use(createNetns('agent'));
  const folder = stack.use(createBpffsFolder('agent'));
  const cgroup = stack.use(createCgroup('agent'));
  const manifests = stack.use(temporaryFolder(files));
  for (const address of [`${node.v4}/32`, `${node.v4other}/32`, `${node.v6}/128`])
    netns.addAddress('lo', address);
  const agent = startAgentProcess(
    [
      ...['--manifests', manifests.path, '--pins', `${folder.path}/pins`, '--cgroup', cgroup.path],
      ...['--node-address', node.v4, node.v4other, node.v6, ...flags],
    ],
    { place: netns },
  );
  await agent.applied();
  // From here on the caller disposes of it.
  failed.move();
  return {
    netns,
    /** For processes whose sockets are balanced. */
    inside: cgroup.in(netns),
    /** All that it has told so far. */
    get problems() {
      return agent.events.flatMap((event) => (event.event === 'problem' ? [event.message] : []));
    },
    write: (file: string, text: string) => writeFileSync(manifests.file(file), text),
    remove: (file: string) => rmSync(manifests.file(file)),
    stop: () => agent.end(),
    [Symbol.asyncDispose]: async () => {
      await agent.end('SIGKILL');
      stack.dispose();
    },
  };
}
