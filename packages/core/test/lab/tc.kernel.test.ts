import { seesNodeElsewhere, testModes } from './modes.ts';

testModes([
  {
    name: 'tc, SNAT',
    cable: 'offload',
    secondCable: true,
    options: { xdp: 'off' },
    sees: seesNodeElsewhere,
  },
  {
    name: 'tc by clsact, SNAT',
    cable: 'offload',
    secondCable: true,
    options: { xdp: 'off', tc: 'clsact' },
    sees: seesNodeElsewhere,
  },
]);
