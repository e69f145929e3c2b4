import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyFrontends, backend, frontend } from '../../test/diff-case.ts';
import { createIds } from '../ids/ids.ts';
import type { ProjectOptions } from '../project/options.ts';
import { project } from '../project/project.ts';
import { diffStates } from './diff-states.ts';
import { optionsIn } from './options-in.ts';

describe('optionsIn', () => {
  it('finds options that give the same entries again', () => {
    const options: fc.Arbitrary<ProjectOptions> = fc.record({
      algorithm: fc.constantFrom('random', 'maglev'),
      maglevSize: fc.constantFrom(13, 31),
      forwarding: fc.constantFrom('snat', 'dsr', 'hybrid'),
      wildcards: fc.boolean(),
      externalClusterIP: fc.boolean(),
      nodeAddresses: fc.subarray(['203.0.113.1', '203.0.113.2']),
    });
    fc.assert(
      fc.property(anyFrontends, options, (services, given) => {
        const all = [
          ...services.map(({ algorithm: _, ...one }) => one),
          frontend(30080, [backend(1)], { address: '0.0.0.0', type: 'NodePort' }),
          frontend(90, [backend(1)], { type: 'ClusterIP' }),
          frontend(91, [{ ...backend(1), protocol: 'UDP' }], { protocol: 'UDP' }),
        ];
        const state = project(all, given, createIds());
        const again = project(all, optionsIn(state), createIds());
        expect(diffStates(state, again).entries).toEqual([]);
      }),
    );
  });

  it('says nothing of maps that are empty', () => expect(optionsIn({ entries: new Map() })).toEqual({}));
});
