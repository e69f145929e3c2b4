import type { ReasonName } from '../flow/reasons.ts';
import type { RouteAnswer } from './routes.ts';
import type { Run } from './run.ts';

/** The source address of packets to remote backends. */
export function snatAddress({ packet: { family }, settings }: Run): string | undefined {
  return family === 4 ? settings.snatAddress4 : settings.snatAddress6;
}

const unspecified = { 4: '0.0.0.0', 6: '::' } as const;

/** The way to a remote backend: the next hop, or why there is none; `here` when it turns out to be on this node. */
export function wayToBackend(run: Run, address: string): { nextHop: string } | 'here' | ReasonName {
  const answer = run.askRoute(snatAddress(run) ?? unspecified[run.packet.family], address);
  switch (answer.kind) {
    case 'ok':
      return remember(run, answer);
    case 'local':
      // Without metadata, routes decide what is on this node.
      return run.settings.derived ? 'drop_no_route' : 'here';
    case 'other-device':
      return run.settings.derived ? 'drop_other_device' : 'here';
    default:
      return refusals[answer.kind];
  }
}

/** The way to a client; where the kernel has none, the link address that the request came from. */
export function wayToClient(
  run: Run,
  from: string,
  client: string,
  link: { readonly dmac: string; readonly smac: string },
): { nextHop: string } | ReasonName {
  const answer = run.askRoute(from, client);
  switch (answer.kind) {
    case 'ok':
      return remember(run, answer);
    case 'local':
    case 'no-neighbour':
      run.notes.push('note_neighbour_learned');
      return remember(run, { ...link, nextHop: client });
    case 'other-device':
      return 'drop_other_device';
    default:
      return refusals[answer.kind];
  }
}

const refusals = {
  'no-neighbour': 'drop_no_neighbour',
  refused: 'drop_no_route',
  'forwarding-disabled': 'drop_forwarding_disabled',
} as const satisfies { readonly [K in RouteAnswer['kind']]?: ReasonName };

function remember({ flows }: Run, { nextHop, dmac, smac }: { nextHop: string; dmac: string; smac: string }) {
  flows.links.set(nextHop, { dmac, smac });
  return { nextHop };
}
