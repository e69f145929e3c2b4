/** Packets built and taken apart byte by byte. Part of `@lbx/maps/testing`. */
export { TestingError, type TestingErrorCode } from '../errors.ts';
export { formatIpv4, formatIpv6, formatMac, parseIpv4, parseIpv6, parseMac } from './address.ts';
export { internetChecksum, type PseudoHeader, segmentChecksum } from './checksum.ts';
export { crc32c } from './crc32c.ts';
export { type DsrService, dsrOption4, dsrOption6, readDsrOption4, readDsrOption6 } from './dsr-option.ts';
export type { Eth, Vlan } from './ethernet.ts';
export { fragmentPacket } from './fragment-packet.ts';
export type { Icmp, IcmpFields } from './icmp.ts';
export type { Ipv4 } from './ipv4.ts';
export type { Ipv6, Ipv6Extension } from './ipv6.ts';
export { eth, ipPart, ipv4, ipv6, type PacketBuilder } from './packet-builder.ts';
export { type ParsedIp, type ParsedPacket, parsePacket } from './parse-packet.ts';
export { createRandom, type Random } from './random.ts';
export type { Sctp } from './sctp.ts';
export { spoilFrame } from './spoil-frame.ts';
export type { Tcp, TcpFlag } from './tcp.ts';
export type { Udp } from './udp.ts';
