import { writeFileSync } from 'node:fs';
import {
  type ApiServer,
  describeCluster,
  findClusterPrograms,
  type KubeObject,
  startApiServer,
} from '@lbx/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endpoint, service, slice } from '../objects.ts';
import { type Follower, follow, told, truth } from './follower.ts';

const named = (name: string): KubeObject =>
  service({ clusterIP: undefined }, { name }) as unknown as KubeObject;
const names = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `s${from + i}`);

describeCluster('following a real API server', () => {
  describe.each(findClusterPrograms()?.etcds ?? [])('on $name', (etcd) => {
    let server: ApiServer;
    const open: Follower[] = [];
    /** Follows through a proxy, from the first list on. */
    const start = async (options: Partial<Parameters<typeof follow>[0]> = {}) => {
      const { kubeconfig, proxy } = await server.proxy();
      const follower = await follow({ kubeconfig, ...options } as Parameters<typeof follow>[0]);
      open.push(follower);
      await inLine(follower);
      await expect.poll(() => follower.source.status().parts.every(({ connected }) => connected)).toBe(true);
      // A list that the server refuses to stream is counted too.
      const begin = statusOf(follower);
      const sinceBegin = () => {
        const { relists, reconnects } = statusOf(follower);
        return { relists: relists - begin.relists, reconnects: reconnects - begin.reconnects };
      };
      return { follower, proxy, sinceBegin };
    };
    /** Waits until what the source has told is what there is, to the version of each object. */
    const inLine = (follower: Follower) =>
      expect.poll(async () => told(follower).join('\n') === (await truth(server)).join('\n')).toBe(true);
    const statusOf = (follower: Follower) =>
      follower.source.status().parts.find(({ kind }) => kind === 'Service')!;

    beforeAll(async () => {
      server = await startApiServer({ etcd });
      await server.createAll(names(0, 60).map(named));
      await server.create(slice([endpoint('192.0.2.50')], { name: 's0-1' }) as KubeObject);
      await server.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' } });
      await server.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-b' } });
    });
    afterEach(async () => {
      for (const follower of open.splice(0)) await follower.source.close();
    });
    afterAll(() => server?.close());

    it('tells all there is, then every change, in small pages too', async () => {
      const { follower, sinceBegin } = await start();
      const { follower: paged } = await start({ pageSize: 7, streamingLists: false });
      expect(told(follower)).toHaveLength(63); // `kubernetes` among them, node-b not
      expect(follower.synced).toBe(true);
      const made = await server.create(named('new'));
      await server.patch(named('s1'), { spec: { sessionAffinity: 'ClientIP' } });
      await server.remove(made);
      await server.remove(named('s2'));
      await server.create(named('s2'));
      for (const one of [follower, paged]) {
        await inLine(one);
        expect(one.problems).toEqual([]);
      }
      expect(sinceBegin()).toEqual({ relists: 0, reconnects: 0 });
    });

    it('lists as a stream where the store can, else in pages', async () => {
      const { follower } = await start();
      const { follower: unasked } = await start({ streamingLists: false });
      const listedAs = ({ source }: Follower) => source.status().parts.map((part) => part.listedAs);
      expect(listedAs(unasked)).toEqual(Array(3).fill('pages'));
      const { streamingRefused } = follower.source.status();
      const able = streamingRefused === undefined;
      expect(listedAs(follower)).toEqual(Array(3).fill(able ? 'stream' : 'pages'));
      // Debian 12 has etcd 3.4, which cannot tell how far a watch is.
      if (etcd.version.startsWith('3.4.')) expect(streamingRefused).toContain('RequestWatchProgress');
      else expect(able).toBe(true);
      expect(follower.problems).toEqual([]);
    });

    it('goes on where it was when its connections were cut', async () => {
      const { follower, proxy, sinceBegin } = await start();
      proxy.refuse();
      await server.remove(named('s3'));
      await server.create(named('cut'));
      await expect.poll(() => follower.problems.length).toBeGreaterThan(0);
      proxy.resume();
      await inLine(follower);
      expect(statusOf(follower).connected).toBe(true);
      expect(sinceBegin().relists).toBe(0);
      expect(sinceBegin().reconnects).toBeGreaterThan(0);
      await server.remove(named('cut'));
      await inLine(follower);
    });

    it('notices connections that are dead and say nothing, and goes on', async () => {
      const { follower, proxy, sinceBegin } = await start({
        idleTimeoutSeconds: 1,
        // For a request that is under way just then.
        connectTimeoutSeconds: 2,
        answerTimeoutSeconds: 2,
      });
      proxy.strand();
      await server.create(named('half-open'));
      await inLine(follower);
      // Whether it had to be listed anew depends on how many watches were silent while nothing was told.
      expect(sinceBegin().reconnects).toBeGreaterThan(0);
      await server.remove(named('half-open'));
      await inLine(follower);
    });

    it('lists anew when its place is forgotten (410), tells what vanished, and never forgets the rest', async () => {
      const { follower, proxy, sinceBegin } = await start();
      const before = follower.objects.size;
      proxy.refuse();
      await server.remove(named('s4'));
      await server.remove(named('s5'));
      await server.create(named('while-away'));
      await server.compact();
      await server.restart();
      // Changes behind the restart: the server's own memory begins later than where the source stopped.
      await server.patch(named('s6'), { metadata: { labels: { changed: 'yes' } } });
      proxy.resume();
      await inLine(follower);
      expect(sinceBegin().relists).toBe(1);
      expect(follower.objects.size).toBe(before - 1);
      expect(follower.fewestServices).toBeGreaterThanOrEqual(59);
      await server.remove(named('while-away'));
      await inLine(follower);
    });

    it('survives that the server is away, with everything it had told still told', async () => {
      const { follower } = await start();
      const before = told(follower);
      await server.stop('SIGKILL');
      await expect.poll(() => follower.problems.length).toBeGreaterThan(0);
      expect(told(follower)).toEqual(before);
      await server.restart();
      await server.create(named('back'));
      await inLine(follower);
      await server.remove(named('back'));
      await inLine(follower);
    });

    it('reads its token anew when the old one is refused', async () => {
      let token = server.token;
      const follower = await follow({
        server: server.url,
        ca: server.ca,
        token: () => token,
        deniedRetrySeconds: 0.2,
      });
      open.push(follower);
      await inLine(follower);
      const tokenFile = server.kubeconfig.replace(/[^/]*$/, 'token');
      writeFileSync(tokenFile, token);
      const byFile = await follow({
        kubeconfig: server.writeKubeconfig({ tokenFile }),
        deniedRetrySeconds: 0.2,
      });
      open.push(byFile);
      await inLine(byFile);
      await server.restart({ newToken: true });
      await server.create(named('rotated'));
      await expect.poll(() => follower.problems.some((text) => text.includes('401'))).toBe(true);
      token = server.token;
      writeFileSync(tokenFile, token);
      await inLine(follower);
      await inLine(byFile);
      await server.remove(named('rotated'));
    });
  });
});
