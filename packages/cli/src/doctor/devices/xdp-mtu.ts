import { defineCheck } from '../check.ts';
import { noXdp, perDevice, type XdpFacts, xdpFacts } from './device-facts.ts';

/**
 * What fits a page of 4096 bytes beside XDP's headroom (256), the kernel's notes at the end of a buffer (320) and the link
 * header with two VLAN tags (22). Drivers differ by a few bytes; only trying tells exactly.
 */
const usualXdpMtu = 4096 - 256 - 320 - 22;

export const xdpMtuCheck = defineCheck<XdpFacts[]>({
  id: 'xdp-mtu',
  group: 'devices',
  tries: "compares the devices' MTU with what a packet in one buffer can have",
  matters:
    'most drivers refuse an XDP program while the MTU is larger, or refuse the MTU while a program is there',
  remedy: `ip link set dev DEVICE mtu ${usualXdpMtu}, or --xdp off`,
  needsRoot: false,
  skips: noXdp,
  probe: xdpFacts,
  judge: (facts) =>
    perDevice(facts, ({ device: { name, mtu, kind }, programs, wanted }) => {
      if (wanted === 'off' || wanted === 'generic')
        return { status: 'ok', found: `MTU ${mtu} fits: --xdp ${wanted}` };
      if (mtu <= usualXdpMtu || programs.some(({ mode }) => mode === 'native'))
        return { status: 'ok', found: `MTU ${mtu} fits` };
      const where = kind === 'veth' ? ' (and its other end’s)' : '';
      return {
        status: 'warn',
        found: `MTU ${mtu}${where} is larger than ${usualXdpMtu}, which most drivers take at most with XDP`,
        remedy: `ip link set dev ${name} mtu ${usualXdpMtu}, or --xdp off; --try-xdp finds out for this driver`,
      };
    }),
});
