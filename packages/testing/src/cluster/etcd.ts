import { execFileSync } from 'node:child_process';
import { TestingError } from '../errors.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import type { Stored } from './stored-objects.ts';

/** A store of one member. */
export interface Etcd {
  readonly url: string;
  readonly process: ServerProcess;
  /** Forgets all but the present values: whoever asks for what was before gets an error. */
  compact(): Promise<void>;
  /** Writes pairs, a hundred at a time. */
  put(pairs: readonly Stored[]): Promise<void>;
}

/** Starts etcd on 127.0.0.1. What it keeps need not survive a power failure, so nothing waits for the disk. */
export async function startEtcd(options: {
  readonly program: string;
  readonly folder: string;
  readonly ports: readonly [client: number, peer: number];
}): Promise<Etcd> {
  const { program, folder, ports } = options;
  const [url, peer] = ports.map((port) => `http://127.0.0.1:${port}`) as [string, string];
  // Since 3.5.
  const noSync = execFileSync(program, ['--help'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const process = await startServerProcess({
    program,
    args: [
      `--name=lbx`,
      `--data-dir=${folder}/etcd`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=lbx=${peer}`,
      `--quota-backend-bytes=${4 * 2 ** 30}`,
      ...(noSync.includes('--unsafe-no-fsync') ? ['--unsafe-no-fsync=true'] : []),
    ],
    log: `${folder}/etcd.log`,
    isReady: async () => (await fetch(`${url}/health`)).ok,
    timeoutMs: 20_000,
  });
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const call = async (path: string, body: object) => {
    const response = await fetch(`${url}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
    const answer = await response.text();
    if (!response.ok) throw new TestingError('LBX_TESTING_API', `etcd ${path}: ${response.status} ${answer}`);
    return JSON.parse(answer) as { header: { revision: string } };
  };
  return {
    url,
    process,
    async compact() {
      const { header } = await call('range', { key: 'AA==', limit: '1' });
      await call('compaction', { revision: header.revision, physical: true });
    },
    async put(pairs) {
      for (let at = 0; at < pairs.length; at += 100) {
        const success = pairs.slice(at, at + 100).map(({ key, value }) => ({
          requestPut: { key: base64(key), value: base64(value) },
        }));
        await call('txn', { success });
      }
    },
  };
}
