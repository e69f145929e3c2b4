import type { LoadBalancerOptions } from '../../src/index.ts';
import { type Mode, seesClient, seesHybrid, testModes } from './modes.ts';

const hooks = [
  { name: 'XDP', cable: 'wire', xdp: 'native' },
  { name: 'tc', cable: 'offload', xdp: 'off' },
] as const;
const ways = [
  { name: 'DSR by option', options: { forwarding: 'dsr', dsrDispatch: 'option' }, sees: seesClient },
  { name: 'DSR by IPIP', options: { forwarding: 'dsr', dsrDispatch: 'ipip' }, sees: seesClient },
  { name: 'hybrid', options: { forwarding: 'hybrid' }, sees: seesHybrid },
] as const satisfies readonly { name: string; options: LoadBalancerOptions; sees: Mode['sees'] }[];

testModes(
  ways.flatMap(({ name, options, sees }) =>
    hooks.map(
      ({ name: hook, cable, xdp }): Mode => ({
        name: `${hook}, ${name}`,
        cable,
        secondCable: true,
        mtu: 1600,
        options: { ...options, xdp },
        sees,
      }),
    ),
  ),
);
