import { TestingError } from '../errors.ts';
import { eth, type PacketBuilder } from './packet-builder.ts';
import { parsePacket } from './parse-packet.ts';

/**
 * Cuts the IPv4 or IPv6 datagram in a frame into fragments, as a router (IPv4) or the sender (IPv6) would, with
 * Ethernet header and VLAN tags on each. The segment's checksum stays that of the whole datagram.
 *
 * @param size Bytes of the datagram in each fragment but the last: a multiple of 8.
 * @param id Identification: 16 bits for IPv4 (the frame's own if not given), 32 for IPv6 (1 if not given).
 */
export function fragmentPacket(frame: Uint8Array | PacketBuilder, size: number, id?: number): Uint8Array[] {
  if (size < 8 || size % 8 !== 0)
    throw new TestingError('LBX_PACKET_INVALID', `fragment size ${size}: not a multiple of 8`);
  const whole = frame instanceof Uint8Array ? frame : frame.bytes();
  const { eth: outer, vlan, innerVlan, ipv4, ipv6 } = parsePacket(whole);
  if (ipv4 === undefined && ipv6 === undefined)
    throw new TestingError('LBX_PACKET_INVALID', 'no IP packet in this frame, nothing to cut');
  const tags = [vlan, innerVlan].filter((tag) => tag !== undefined);
  const link = tags.reduce((frame, tag) => frame.vlan(tag), eth(outer));
  const linkLength = 14 + 4 * tags.length;
  const end = linkLength + (ipv4 ? ipv4.totalLength : 40 + ipv6!.payloadLength);
  const headers = ipv4 ? 20 + ipv4.options.length : 40 + extensionsLength(ipv6!.extensions);
  const datagram = whole.subarray(linkLength + headers, end);
  const frames: Uint8Array[] = [];
  for (let offset = 0; offset < datagram.length; offset += size) {
    const piece = datagram.subarray(offset, offset + size);
    const more = offset + size < datagram.length;
    if (ipv4) {
      const { checksum: _, totalLength: __, ...fields } = ipv4;
      const cut = { ...fields, id: id ?? fields.id, df: false, mf: more, fragmentOffset: offset };
      frames.push(link.ipv4(cut).payload(piece).bytes());
    } else {
      const { payloadLength: _, ...fields } = ipv6!;
      const extensions = [...fields.extensions, { kind: 'fragment', id: id ?? 1, offset, more } as const];
      frames.push(
        link
          .ipv6({ ...fields, extensions })
          .payload(piece)
          .bytes(),
      );
    }
  }
  return frames;
}

function extensionsLength(extensions: readonly ({ data: Uint8Array } | { id: number })[]): number {
  return extensions.reduce((sum, e) => sum + ('data' in e ? 2 + e.data.length : 8), 0);
}
