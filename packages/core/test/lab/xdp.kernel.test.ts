import { seesNodeElsewhere, testModes } from './modes.ts';

testModes([
  {
    name: 'XDP, SNAT',
    cable: 'wire',
    secondCable: true,
    options: { xdp: 'native' },
    sees: seesNodeElsewhere,
  },
  {
    name: 'generic XDP, SNAT',
    cable: 'wire',
    secondCable: false,
    options: { xdp: 'generic' },
    sees: seesNodeElsewhere,
  },
]);
