import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BpffsFolder, type Cgroup, createBpffsFolder, createCgroup, describeKernel } from '@lbx/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { talkTo } from '../test/lines.ts';
import { createLoadBalancer } from './load-balancer.ts';
import { lockPins } from './pin-lock.ts';
import { removePinned } from './remove/remove-pinned.ts';

const script = fileURLToPath(new URL('../test/lb-process.ts', import.meta.url));

describeKernel('the lock of a pin folder', () => {
  let cgroup: Cgroup;
  let folder: BpffsFolder;
  const pins = () => join(folder.path, 'lbx');
  const options = () => ({ cgroup: cgroup.path, pins: pins(), nodeAddresses: ['192.0.2.1'] });
  /** A load balancer in a process of its own. */
  const startOther = async () => {
    const child = spawn(process.execPath, ['--conditions=@lbx/source', script, JSON.stringify(options())], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = talkTo(child);
    await lines.next();
    return lines;
  };
  beforeEach(() => {
    cgroup = createCgroup('core-lock');
    folder = createBpffsFolder('core-lock');
  });
  afterEach(() => {
    removePinned(pins(), { force: true });
    cgroup.close();
    folder.close();
  });

  it('keeps a second load balancer out, which is told whose it is; kill -9 gives it back at once', async () => {
    const other = await startOther();
    const refused = expect.objectContaining({
      code: 'LBX_PINS_IN_USE',
      message: expect.stringContaining(`process ${other.child.pid}`),
      data: { pins: pins(), pid: other.child.pid },
    });
    expect(() => createLoadBalancer(options())).toThrow(refused);
    expect(existsSync(join(pins(), 'lb4_services_v2'))).toBe(true);
    expect(() => removePinned(pins())).toThrow(refused);
    expect(existsSync(join(pins(), 'lb4_services_v2'))).toBe(true);
    await other.kill();
    const next = createLoadBalancer(options());
    expect(next.summary().takenOver).toBeGreaterThan(0);
    next.close();
  });

  it('holds within a process too, and goes with close() and with remove()', () => {
    const first = createLoadBalancer(options());
    expect(() => createLoadBalancer(options())).toThrow(
      expect.objectContaining({ data: { pins: pins(), pid: process.pid } }),
    );
    first.close();
    createLoadBalancer(options()).remove();
    expect(existsSync(pins())).toBe(false);
    createLoadBalancer(options()).close();
  });

  it('is given up by a start that fails', () => {
    createLoadBalancer(options()).close();
    const elsewhere = createCgroup('core-lock-other');
    try {
      expect(() => createLoadBalancer({ ...options(), cgroup: elsewhere.path })).toThrow(
        expect.objectContaining({ code: 'LBX_PIN_MISMATCH' }),
      );
    } finally {
      elsewhere.close();
    }
    createLoadBalancer(options()).close();
  });

  it('cleanup by force goes on while it is held, and no folder that came after is taken for the locked one', async () => {
    const other = await startOther();
    expect(removePinned(pins(), { force: true }).removed).toContainEqual(
      expect.objectContaining({ kind: 'map', name: 'lb4_services_v2' }),
    );
    expect(existsSync(pins())).toBe(false);
    const next = createLoadBalancer(options());
    next.remove();
    await other.kill();
  });

  it('is not inherited by child processes', async () => {
    createLoadBalancer(options()).close();
    const lock = lockPins(pins());
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(child, 'spawn');
    lock.close();
    lockPins(pins()).close();
    child.kill('SIGKILL');
  });
});
