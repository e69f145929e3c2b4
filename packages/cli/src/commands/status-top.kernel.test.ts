import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { removePinned } from '@lbx/core';
import type { ServiceSpec } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addresses, createPacketWorld, type LbProcess } from '../../../core/test/packet-world.ts';
import { run } from '../../test/run.ts';
import { printable } from '../output/printable.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

interface Rates {
  readonly packets: number;
}

const [a] = addresses.remote;
const service = (port: number): ServiceSpec => ({
  name: `shop/${port}`,
  frontends: [{ address: addresses.service, port, protocol: 'TCP', type: 'LoadBalancer' }],
  backends: [{ address: a!, port: 8080, protocol: 'TCP' }],
});

describeKernel('lbx status and lbx top', () => {
  let world: Awaited<ReturnType<typeof createPacketWorld>>;
  let lb: LbProcess;
  beforeAll(async () => {
    world = await createPacketWorld();
    lb = await world.start({ traffic: true });
    await lb.apply([service(80), service(81)]);
  });
  afterAll(() => world.end());
  // Nobody listens there: these load balancers have no health check.
  const status = (...more: string[]) =>
    run(['status', '--pins', world.pins, '--healthz', 'http://127.0.0.1:1/', ...more]);

  it('top has the busiest service first', async () => {
    const clients = [81, 81, 81, 80].map((port) => world.askAlong(`${addresses.service}:${port}`, 1_000_000));
    try {
      // Who is given the processor within a second is chance: in some second each has its share.
      let said: { rows: { name: string; packets: number; in: Rates; out: Rates }[]; newFlows: number };
      await expect
        .poll(async () => {
          const { out } = await run(['top', '--pins', world.pins, '--interval', '1', '--once', '--json']);
          said = JSON.parse(out);
          return said.rows.map(({ name }) => name);
        })
        .toEqual([`${addresses.service}:81/TCP`, `${addresses.service}:80/TCP`]);
      const { rows, newFlows } = said!;
      const [first, second] = rows;
      expect(first!.packets).toBeGreaterThanOrEqual(second!.packets);
      expect(first!.in.packets + first!.out.packets).toBeCloseTo(first!.packets);
      expect(newFlows).toBeGreaterThan(0);
    } finally {
      for (const client of clients) await client.kill();
    }
  });

  it('top at a terminal: follows its size, and leaves it as it was when it is ended', async () => {
    const client = world.askAlong(`${addresses.service}:80`, 1_000_000);
    // script gives it a terminal.
    const command = [process.execPath, '--conditions=@lbx/source', main, 'top', '--pins', world.pins];
    const terminal = spawn(
      'script',
      ['-qec', `stty rows 12 cols 50; exec ${command.join(' ')} --interval 0.5`, '/dev/null'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let raw = '';
    terminal.stdout.setEncoding('utf8').on('data', (text) => {
      raw += text;
    });
    const shown = () => stripVTControlCharacters(raw);
    try {
      await expect.poll(shown).toMatch(/1 busy frontend, .{32}…\r$/m);
      expect(raw.startsWith('\u001b[?1049h\u001b[?25l')).toBe(true);
      expect(shown()).toMatch(/^packets\/s in {2}out .*frontend/m);
      const children = readFileSync(`/proc/${terminal.pid}/task/${terminal.pid}/children`, 'utf8');
      const top = Number(children.trim().split(' ')[0]);
      execFileSync('stty', ['-F', readlinkSync(`/proc/${top}/fd/0`), 'cols', '30']);
      await expect.poll(shown).toMatch(/1 busy frontend, .{12}…\r$/m);
      process.kill(top, 'SIGINT');
      await once(terminal, 'close');
    } finally {
      terminal.kill('SIGKILL');
      await client.kill();
    }
    const [, after = ''] = raw.split('\u001b[?25h\u001b[?1049l');
    // What was last read stays, and nothing steers the terminal any more.
    expect(after).toContain(`${addresses.service}:80/TCP`);
    expect(printable(after.replaceAll('\r', ''))).toBe(after.replaceAll('\r', ''));
  });

  it('top by backend, sorted by name', async () => {
    const client = world.askAlong(`${addresses.service}:80`, 1_000_000);
    const flags = ['--by', 'backend', '--sort', 'name', '--interval', '0.5', '--once'];
    let lines: readonly string[] = [];
    await expect
      .poll(async () => {
        ({ lines } = await run(['top', '--pins', world.pins, ...flags]));
        return lines[0];
      })
      .toMatch(/^1 busy backend, /);
    await client.kill();
    expect(lines[2]).toMatch(new RegExp(`^\\d.* ${a}:8080/TCP$`));
  });

  it('top says how to switch counting on', async () => {
    await lb.kill();
    removePinned(world.pins);
    lb = await world.start();
    await lb.apply([service(80)]);
    const { code, err } = await run(['top', '--pins', world.pins, '--once']);
    expect(code).toBe(4);
    expect(err).toContain('--traffic');
  });

  it('status tells of a running one, and that nobody follows changes once it is killed', async () => {
    const healthy = await status('--json');
    expect(healthy).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(healthy.out)).toMatchObject({
      healthy: true,
      verdict: expect.stringMatching(/^healthy: process \d+ keeps 1 frontend in force$/),
      served: [{ family: 4, frontends: { LoadBalancer: 1 }, backends: 1, dangling: 0 }, { family: 6 }],
    });
    const { maps, pinned } = JSON.parse(healthy.out);
    expect(maps).toContainEqual(
      expect.objectContaining({ name: 'lb4_backends_v3', entries: 1, refuses: true }),
    );
    const since = Date.now() - pinned.links[0].loadedAt;
    expect(since).toBeGreaterThan(0);
    expect(since).toBeLessThan(600_000);
    await lb.kill();
    const { code, lines } = await status();
    expect(code).toBe(1);
    expect(lines[0]).toBe('not healthy: 1 thing needs a look');
    expect(lines[1]).toMatch(/^ {2}no agent runs on these pins/);
    expect(lines.join('\n')).toMatch(/xdp_eth0 +lbx_xdp\w* +\d+ +\d+ (s|min) ago/);
  });

  it.each(['lru', 'buckets'] as const)(
    'status counts the flows in use, in a table of %s',
    async (flowTable) => {
      await lb.kill();
      removePinned(world.pins);
      // Flows that are over stay for the time of the test.
      lb = await world.start({ flowTable, timeouts: { tcpClosed: 3600, tcpHalfClosed: 3600 } });
      await lb.apply([service(80)]);
      const flows = async () =>
        JSON.parse((await status('--json')).out).maps.find(({ name }: { name: string }) =>
          /flow(_set)?4$/.test(name),
        );
      expect(await flows()).toMatchObject({ entries: 0, about: 'flows', refuses: false });
      world.ask(`${addresses.service}:80`, 7);
      const { entries, maxEntries } = await flows();
      expect(entries).toBe(7);
      expect(maxEntries).toBeGreaterThan(1000);
    },
  );

  it('status where nothing is', async () => {
    const { code, out } = await run(['status', '--pins', `${world.pins}-none`]);
    expect(code).toBe(1);
    expect(out).toMatch(/^not there: nothing of lbx is pinned/);
  });
});
