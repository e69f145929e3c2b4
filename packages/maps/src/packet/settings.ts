import { snatPrime } from '../flow/snat-prime.ts';

/** How the programs are set up, as in bpf/README.md; times in seconds. */
export interface PacketSettings {
  /** Jiffies per second. */
  readonly hz: number;
  /** Addresses that requests to remote backends leave with; absent: none. */
  readonly snatAddress4?: string | undefined;
  readonly snatAddress6?: string | undefined;
  /** First and last SNAT port. */
  readonly snatPorts: readonly [number, number];
  readonly gate: boolean;
  readonly wildcards: boolean;
  /** Is the backend metadata kept? */
  readonly derived: boolean;
  readonly algorithm: 'random' | 'maglev';
  readonly maglevSize?: number;
  /** Base64 of 12 bytes; Cilium's default seed when absent. */
  readonly maglevSeed?: string;
  /** How requests get to remote backends; `hybrid` is DSR for TCP only. */
  readonly forwarding: 'snat' | 'dsr' | 'hybrid';
  /** How DSR tells the backend's node the service. */
  readonly dsrBy: 'option' | 'tunnel';
  /** The longest packet that the way to the backends takes; 0: any. */
  readonly mtu: number;
  /** Does XDP leave to tc ingress what it cannot send itself? */
  readonly tcBehind: boolean;
  /** Are pings of service addresses answered? */
  readonly echo: boolean;
  /** Are clients told by ICMP that a service has no endpoint? */
  readonly reject: boolean;
  /** Are there ICMP errors at all? How many in a second is not looked at. */
  readonly icmpErrors: boolean;
  readonly tcpNewSeconds: number;
  readonly tcpOpenSeconds: number;
  readonly tcpHalfClosedSeconds: number;
  readonly tcpClosedSeconds: number;
  readonly udpNewSeconds: number;
  readonly udpOpenSeconds: number;
}

/** What the objects hold when nothing is set. */
export const defaultPacketSettings: PacketSettings = Object.freeze({
  hz: 250,
  snatPorts: [32768, 65535] as const,
  gate: true,
  wildcards: true,
  derived: true,
  algorithm: 'random',
  forwarding: 'snat',
  dsrBy: 'option',
  mtu: 1500,
  tcBehind: false,
  echo: false,
  reject: true,
  icmpErrors: true,
  tcpNewSeconds: 60,
  tcpOpenSeconds: 8000,
  tcpHalfClosedSeconds: 120,
  tcpClosedSeconds: 10,
  udpNewSeconds: 30,
  udpOpenSeconds: 120,
});

/** How many of the SNAT ports are used. */
export function usedSnatPorts({ snatPorts: [first, last] }: PacketSettings): number {
  return snatPrime(last - first + 1);
}
