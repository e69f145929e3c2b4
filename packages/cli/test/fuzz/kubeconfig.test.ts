import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openClusterConnection } from '../../../k8s-sync/src/sources/cluster/cluster-connection.ts';
import { kubeconfigTokenFiles } from '../../../k8s-sync/src/sources/cluster/kubeconfig-token-files.ts';
import { expectNoPollution, fuzzAsync, fuzzMs, mutated, nastyValue } from './fuzz.ts';

let folder: string;
const marker = () => join(folder, 'was-run');

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbx-fuzz-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** With all that can start programs or read files: plugins, auth providers, files of tokens and certificates. */
const whole = () => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'here',
  clusters: [
    { name: 'near', cluster: { server: 'https://192.0.2.10:6443', 'certificate-authority': 'ca.pem' } },
    { name: 'far', cluster: { server: 'http://192.0.2.11', 'insecure-skip-tls-verify': true } },
  ],
  contexts: [
    { name: 'here', context: { cluster: 'near', user: 'plugin', namespace: 'shop' } },
    { name: 'there', context: { cluster: 'far', user: 'old-plugin' } },
  ],
  users: [
    {
      name: 'plugin',
      user: {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: 'touch',
          args: [marker()],
          env: [{ name: 'A', value: 'b' }],
          interactiveMode: 'Never',
          provideClusterInfo: true,
        },
      },
    },
    {
      name: 'old-plugin',
      user: {
        'auth-provider': {
          name: 'gcp',
          config: {
            'cmd-path': 'touch',
            'cmd-args': marker(),
            'access-token': 'x',
            expiry: '2020-01-01T00:00:00Z',
          },
        },
      },
    },
    { name: 'files', user: { tokenFile: 'token', 'client-certificate': 'c.pem', 'client-key': 'k.pem' } },
    { name: 'plain', user: { token: 'secret', username: 'admin', password: 'admin' } },
  ],
});

/** A kubeconfig with another value at some place. */
const spoilt = fc
  .array(fc.tuple(fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }), nastyValue), {
    minLength: 1,
    maxLength: 3,
  })
  .map((changes) => {
    const config: unknown = whole();
    for (const [path, value] of changes) {
      let at = config as Record<string, unknown>;
      path.forEach((step, depth) => {
        const names = Object.keys(at);
        const name = names[step % names.length];
        if (name === undefined) return;
        const inner = at[name];
        if (depth < path.length - 1 && typeof inner === 'object' && inner !== null)
          at = inner as Record<string, unknown>;
        else at[name] = structuredClone(value);
      });
    }
    return JSON.stringify(config);
  });

it('a kubeconfig is read or refused, and reading it starts nothing', { timeout: fuzzMs }, async () => {
  const file = join(folder, 'config');
  const text = fc.oneof(mutated([JSON.stringify(whole()), JSON.stringify(whole(), null, 1)]), spoilt);
  const contexts = fc.constantFrom(undefined, undefined, 'here', 'there', 'nowhere', '__proto__');
  let opened = 0;
  await fuzzAsync(
    fc.tuple(text, contexts),
    async ([given, context]) => {
      writeFileSync(file, given);
      for (const path of kubeconfigTokenFiles(new Map([[file, given]])).values())
        expect(path).toBeTypeOf('string');
      try {
        const access = { kubeconfig: file, ...(context === undefined ? {} : { context }) };
        const connection = await openClusterConnection(access, 1000);
        expect(connection.server).toMatch(/^https?:/);
        opened++;
        await connection.close();
      } catch (error) {
        const { code, message } = error as { code?: unknown; message: string };
        expect(code, `${message}\n${(error as Error).stack}`).toBe('LBX_KUBECONFIG');
        expect(message.length).toBeLessThan(10_000);
      }
      expectNoPollution();
    },
    5_000,
  );
  expect(opened).toBeGreaterThan(100);
  expect(existsSync(marker())).toBe(false);
});
