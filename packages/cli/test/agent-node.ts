import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createBpffsFolder, createCgroup, createNetns } from '@lbx/testing';
import { temporaryFolder } from './temporary-folder.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

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

export async function until(test: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!test()) {
    if (performance.now() > deadline) throw new Error('not within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

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
  const addresses = ['--node-address', node.v4, node.v4other, node.v6];
  const child = netns.spawn(
    process.execPath,
    [
      '--conditions=@lbx/source',
      main,
      'agent',
      '--json',
      '--log-level',
      'debug',
      '--node',
      'node-a',
      '--manifests',
      manifests.path,
      ...['--pins', `${folder.path}/pins`, '--cgroup', cgroup.path],
      ...addresses,
      ...flags,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const problems: string[] = [];
  const events = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const nextApplied = async () => {
    for (;;) {
      const { value, done } = await events.next();
      if (done) throw new Error('the agent has ended');
      const event = JSON.parse(value);
      if (event.event === 'problem') problems.push(event.message);
      if (event.event === 'applied') return;
    }
  };
  await nextApplied();
  // From here on the caller disposes of it.
  failed.move();
  return {
    netns,
    /** For processes whose sockets are balanced. */
    inside: cgroup.in(netns),
    problems,
    write: (file: string, text: string) => writeFileSync(manifests.file(file), text),
    remove: (file: string) => rmSync(manifests.file(file)),
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      stack.dispose();
    },
  };
}
