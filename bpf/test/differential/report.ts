import type { Frontend } from '@lbx/maps';
import { type ParsedIp, parsePacket } from '@lbx/testing';
import type { Op, Session } from './op.ts';

const SHOWN = 40;

/** A failed session as a person wants to read it, with all that is needed to try it again. */
export function report(session: Session, problems: readonly string[]): string {
  return [
    ...problems.slice(0, 20),
    `services:${session.frontends.map((each) => `\n  ${describeFrontend(each)}`).join('')}`,
    `steps:${session.ops.length > SHOWN ? ` (the last ${SHOWN} of ${session.ops.length})` : ''}${session.ops
      .slice(-SHOWN)
      .map((op) => `\n  ${describeOp(op)}`)
      .join('')}`,
  ].join('\n');
}

function describeFrontend({
  service: _,
  address,
  port,
  protocol,
  type,
  backends,
  ...more
}: Frontend): string {
  const of = backends.map(
    (b) => `${b.address}:${b.port}${b.node === 'local' ? ' here' : ''}${b.state ? ` ${b.state}` : ''}`,
  );
  const rest = Object.keys(more).length > 0 ? ` ${JSON.stringify(more)}` : '';
  return `${type} ${address}:${port}/${protocol} -> ${of.join(', ') || 'nobody'}${rest}`;
}

function describeOp(op: Op): string {
  if (op.kind !== 'packet')
    return `${op.kind} ${JSON.stringify(op, (key, value) => (key === 'kind' ? undefined : value))}`;
  return `${op.hook}${op.device === 'eth0' ? '' : ` ${op.device}`} ${describeFrame(op.frame)}  ${Buffer.from(op.frame).toString('hex')}`;
}

function describeFrame(frame: Uint8Array): string {
  const packet = parsePacket(frame);
  return [describeIp(packet), ...packet.problems].join('; ');
}

function describeIp({ ipv4, ipv6, tcp, udp, sctp, icmp, inner }: ParsedIp): string {
  const ip = ipv4 ?? ipv6;
  if (!ip) return 'no IP';
  const l4 = tcp ?? udp ?? sctp;
  const ports = l4 ? [`:${l4.sport}`, `:${l4.dport}`] : ['', ''];
  const name = tcp
    ? `TCP ${tcp.flags.join('+')}`
    : udp
      ? 'UDP'
      : icmp
        ? `ICMP ${icmp.type}/${icmp.code}`
        : `proto ${ip.protocol}`;
  const hops = ipv4?.ttl ?? ipv6!.hopLimit;
  return `${name} ${ip.src}${ports[0]} > ${ip.dst}${ports[1]}${hops === 64 ? '' : ` ttl ${hops}`}${inner ? ` (${describeIp(inner)})` : ''}`;
}
