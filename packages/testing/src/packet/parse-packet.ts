import { parseIpv4, parseIpv6 } from './address.ts';
import { internetChecksum, type PseudoHeader, segmentChecksum } from './checksum.ts';
import { type Cursor, createCursor, Truncated } from './cursor.ts';
import { type DsrService, readDsrOption4, readDsrOption6 } from './dsr-option.ts';
import { ETH_TYPE, type Eth, isVlan, readEth, readVlan, type Vlan } from './ethernet.ts';
import { type Icmp, quotesPacket, readIcmp } from './icmp.ts';
import { type Ipv4, readIpv4 } from './ipv4.ts';
import { type Ipv6, readIpv6 } from './ipv6.ts';
import { readSctp, type Sctp, sctpChecksum } from './sctp.ts';
import { readTcp, type Tcp } from './tcp.ts';
import { readUdp, type Udp } from './udp.ts';

/** An IP packet and what is in it. Its parts can be given back to the builder, which then makes the same bytes. */
export interface ParsedIp {
  readonly ipv4?: Ipv4;
  readonly ipv6?: Ipv6;
  readonly tcp?: Tcp;
  readonly udp?: Udp;
  readonly sctp?: Sctp;
  readonly icmp?: Icmp;
  /** What an option of direct server return says in the IPv4 options or IPv6 destination options. */
  readonly dsr?: DsrService;
  /** What follows the innermost header parsed (of a later fragment: its piece of the datagram). */
  readonly payload: Uint8Array;
  /** IP in IP: the packet inside, whose bytes are also `payload`. */
  readonly inner?: ParsedIp;
  /** Of an ICMP error: the packet it is about, usually cut short, whose bytes are also `payload`. */
  readonly quoted?: ParsedIp;
}

/** A frame taken apart. */
export interface ParsedPacket extends ParsedIp {
  readonly eth: Eth;
  readonly vlan?: Vlan;
  /** The second of two tags. */
  readonly innerVlan?: Vlan;
  /** Bytes after the end of the IP packet, such as padding to 60 bytes. */
  readonly trailer: Uint8Array;
  /**
   * True when every checksum there is right: IPv4 headers, TCP, UDP, SCTP, ICMP, also inside tunnels and ICMP errors. Those
   * that cannot be computed (fragments, quotes cut short) do not count.
   */
  readonly checksumsValid: boolean;
  /** Everything found wrong: checksums, lengths, headers that end too soon. Empty for a good packet. */
  readonly problems: readonly string[];
}

const CHECKSUM = 'checksum';

/** Takes an Ethernet frame apart and checks its lengths and checksums. Bad input gives `problems`, never an exception. */
export function parsePacket(bytes: Uint8Array): ParsedPacket {
  const problems: string[] = [];
  const at = createCursor(bytes);
  let eth: Eth = { src: '', dst: '', type: 0 };
  let vlan: Vlan | undefined;
  let innerVlan: Vlan | undefined;
  let ip: Writable<ParsedIp> = { payload: bytes };
  let trailer = new Uint8Array(0) as Uint8Array;
  try {
    eth = readEth(at);
    if (isVlan(eth.type)) vlan = readVlan(at);
    if (vlan && isVlan(vlan.type)) innerVlan = readVlan(at);
    ip.payload = at.rest;
    const { type } = innerVlan ?? vlan ?? eth;
    if (type === ETH_TYPE.ipv4 || type === ETH_TYPE.ipv6) {
      const result = parseIp(at.rest, type === ETH_TYPE.ipv6, problems, true);
      ip = result.ip;
      trailer = result.trailer;
    }
  } catch (error) {
    if (!(error instanceof Truncated)) throw error;
    problems.push(error.message);
  }
  return {
    eth,
    ...(vlan && { vlan }),
    ...(innerVlan && { innerVlan }),
    ...ip,
    trailer,
    checksumsValid: !problems.some((problem) => problem.includes(CHECKSUM)),
    problems,
  };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** `isWhole`: the packet is expected to be there to its end (a quoted one is not). */
function parseIp(
  bytes: Uint8Array,
  isV6: boolean,
  problems: string[],
  isWhole: boolean,
): { ip: Writable<ParsedIp>; trailer: Uint8Array } {
  const ip: Writable<ParsedIp> = { payload: bytes };
  const header = createCursor(bytes);
  try {
    const version = isV6 ? readIpv6(header, problems) : readIpv4(header, problems);
    let pseudo: PseudoHeader;
    let length: number;
    let fragment: { isOne: boolean; isLater: boolean };
    if ('hopLimit' in version) {
      ip.ipv6 = version;
      length = 40 + version.payloadLength;
      readDsr(ip, readDsrOption6(version.extensions));
      const piece = version.extensions.find((e) => e.kind === 'fragment');
      fragment = {
        isOne: piece !== undefined && (piece.more || piece.offset > 0),
        isLater: (piece?.offset ?? 0) > 0,
      };
      pseudo = { src: parseIpv6(version.src), dst: parseIpv6(version.dst), protocol: version.protocol };
    } else {
      ip.ipv4 = version;
      length = version.totalLength;
      readDsr(ip, readDsrOption4(version.options));
      fragment = { isOne: version.mf || version.fragmentOffset > 0, isLater: version.fragmentOffset > 0 };
      pseudo = { src: parseIpv4(version.src), dst: parseIpv4(version.dst), protocol: version.protocol };
    }
    const headerLength = bytes.length - header.rest.length;
    if (length < headerLength) problems.push(`IP length ${length} is less than its headers, ${headerLength}`);
    if (length > bytes.length && isWhole)
      problems.push(`IP length ${length}, but only ${bytes.length} bytes are there`);
    const segment = bytes.subarray(headerLength, Math.max(length, headerLength));
    const isComplete = length <= bytes.length && !fragment.isOne;
    ip.payload = segment;
    if (!fragment.isLater) parseSegment(ip, segment, pseudo, isComplete, isWhole, problems);
    return { ip, trailer: bytes.subarray(Math.max(length, headerLength)) };
  } catch (error) {
    // A quote may end anywhere; what was read until then counts.
    if (!(error instanceof Truncated)) throw error;
    if (isWhole) problems.push(error.message);
    return { ip, trailer: new Uint8Array(0) };
  }
}

function readDsr(ip: Writable<ParsedIp>, dsr: DsrService | undefined): void {
  if (dsr) ip.dsr = dsr;
}

function parseSegment(
  ip: Writable<ParsedIp>,
  segment: Uint8Array,
  pseudo: PseudoHeader,
  isComplete: boolean,
  isWhole: boolean,
  problems: string[],
): void {
  const at = createCursor(segment);
  const isV6 = pseudo.src.length === 16;
  const check = (name: string) => {
    if (isComplete && segmentChecksum(pseudo, segment) !== 0) problems.push(`${name} ${CHECKSUM} is wrong`);
  };
  switch (pseudo.protocol) {
    case 6:
      ip.tcp = isWhole ? readTcp(at, problems) : readQuotedTcp(at, problems);
      check('TCP');
      break;
    case 17:
      ip.udp = readUdp(at);
      if (isComplete && ip.udp.length !== segment.length)
        problems.push(`UDP length ${ip.udp.length}, but ${segment.length} bytes are there`);
      if (ip.udp.checksum !== 0) check('UDP');
      else if (isV6) problems.push('UDP checksum 0 is not allowed over IPv6');
      break;
    case 1:
    case 58:
      if ((pseudo.protocol === 58) !== isV6) break;
      ip.icmp = readIcmp(at, isV6);
      if (isV6) check('ICMPv6');
      else if (isComplete && internetChecksum(segment) !== 0) problems.push(`ICMP ${CHECKSUM} is wrong`);
      if (quotesPacket(ip.icmp.type, isV6)) ip.quoted = parseNested('quoted', at.rest, isV6, false, problems);
      break;
    case 132:
      ip.sctp = readSctp(at);
      if (isComplete && sctpChecksum(segment) !== ip.sctp.checksum)
        problems.push(`SCTP ${CHECKSUM} is wrong`);
      break;
    case 4:
    case 41:
      ip.inner = parseNested('inner', at.rest, pseudo.protocol === 41, isWhole, problems);
      break;
  }
  ip.payload = at.rest;
}

function parseNested(
  name: string,
  bytes: Uint8Array,
  isV6: boolean,
  isWhole: boolean,
  problems: string[],
): ParsedIp {
  const found: string[] = [];
  const { ip } = parseIp(bytes, isV6, found, isWhole);
  for (const problem of found) problems.push(`${name}: ${problem}`);
  return ip;
}

/** ICMP errors of old promise only 8 bytes of the segment: the ports and the sequence number. */
function readQuotedTcp(at: Cursor, problems: string[]): Tcp {
  if (at.rest.length >= 20) return readTcp(at, problems);
  const { view } = at.take(8, 'TCP ports');
  return {
    sport: view.getUint16(0),
    dport: view.getUint16(2),
    seq: view.getUint32(4),
    ack: 0,
    flags: [],
    window: 0,
    urgent: 0,
    options: new Uint8Array(0),
    checksum: 0,
  };
}
