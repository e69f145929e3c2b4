import { describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';
import { createNodeFixture } from '../../test/node-fixture.ts';
import { readProgramSettings } from './program-settings.ts';

describeKernel('settings of running programs', () => {
  it('are in the kernel what the load balancer says that they are', () => {
    using fixture = createNodeFixture('core-settings');
    const lb = fixture.start({
      algorithm: 'maglev',
      maglevSize: 251,
      maglevSeed: Buffer.from('twelve bytes').toString('base64'),
      wildcards: false,
      nodePortRange: [30_100, 30_200],
      snatPorts: [40_000, 40_999],
      externalIPsAnywhere: true,
      timeouts: { udpOpen: 77 },
    });
    const { maglevSeed, ...told } = lb.programSettings();
    const { maglevSeed: readSeed, ...read } = readProgramSettings(fixture.pins)!;
    expect(told).toEqual(read);
    expect(told.packets).toMatchObject({
      algorithm: 'maglev',
      snatAddress4: '192.0.2.1',
      udpOpenSeconds: 77,
    });
    // The first four bytes are not in the programs.
    const inPrograms = (seed: string) => Buffer.from(seed, 'base64').subarray(4).toString('hex');
    expect(inPrograms(maglevSeed)).toBe(inPrograms(readSeed));
  });
});
