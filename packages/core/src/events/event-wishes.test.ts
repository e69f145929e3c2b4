import { ipv6, REASON_COUNT, reasons } from '@lbx/maps';
import { describe, expect, it } from 'vitest';
import { eventKindsOf, eventReasons } from './event-kind.ts';
import { type EventOptions, eventWishes, ringBytesOf } from './event-wishes.ts';

const wanted = (options: EventOptions) =>
  reasons.filter(({ id }) => eventWishes(options).oneIn[id]! > 0).map(({ name }) => name);

describe('wishes of a listener', () => {
  it('are all reasons that events are had of, every packet, when nothing is said', () => {
    expect(wanted({})).toEqual([...eventReasons.keys()]);
    expect(wanted({})).not.toContain('sent_request');
    const { oneIn, address, mask } = eventWishes({});
    expect(oneIn.length).toBe(REASON_COUNT);
    expect(new Set(oneIn)).toEqual(new Set([0, 1]));
    expect([address, mask]).toEqual(['::', '::']);
  });

  it('are reasons of the kinds, and of the names', () => {
    expect(wanted({ kinds: ['new'] })).toEqual(['note_new_flow']);
    expect(wanted({ kinds: ['reject'] })).toEqual(wanted({ kinds: ['drop'] }));
    expect(wanted({ kinds: ['drop'] }).every((name) => name.startsWith('drop_'))).toBe(true);
    expect(wanted({ reasons: ['drop_ttl', 'pass_options'], kinds: ['pass'] })).toEqual(['pass_options']);
    expect(eventWishes({ reasons: ['drop_ttl'], sample: 100 }).oneIn[75]).toBe(100);
  });

  it.each([
    ['203.0.113.5', '::ffff:203.0.113.5', 128],
    ['203.0.113.0/24', '::ffff:203.0.113.0', 120],
    ['0.0.0.0/0', '::ffff:0.0.0.0', 96],
    ['2001:DB8:0::5', '2001:db8::5', 128],
    ['2001:db8::/33', '2001:db8::', 33],
    ['::/0', '::', 0],
  ])('are packets of %s', (text, address, bits) => {
    const wishes = eventWishes({ address: text });
    expect(wishes.address).toBe(address);
    const mask = new DataView(new ArrayBuffer(16));
    ipv6.put(mask, 0, wishes.mask);
    const ones = [...new Uint8Array(mask.buffer)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    expect(ones).toBe('1'.repeat(bits).padEnd(128, '0'));
  });

  it.each([
    [{ sample: 0 }, 'sample 0: give a whole number'],
    [{ sample: 1.5 }, 'sample 1.5'],
    [{ address: 'somewhere' }, 'address "somewhere": give an address or a network'],
    [{ address: '203.0.113.5/33' }, '203.0.113.5/33'],
    [{ address: '2001:db8::/' }, '2001:db8::/'],
    [{ address: '::ffff:192.0.2.1' }, 'give an address'],
    [{ reasons: ['drop_it' as never] }, 'reasons "drop_it": give a reason that events are had of'],
    [{ reasons: ['sent_request' as never] }, 'sent_request'],
    [{ kinds: ['loss' as never] }, 'kinds "loss": give one of new, note, pass, drop, reject'],
    [{ reasons: ['drop_ttl'], kinds: ['pass'] }, 'reasons of the kinds that are asked for (pass)'],
  ] as [EventOptions, string][])('%o: %s', (options, message) => {
    expect(() => eventWishes(options)).toThrow(
      expect.objectContaining({ code: 'LBX_BAD_OPTION', message: expect.stringContaining(message) }),
    );
  });

  it('include the size of the ring, which the kernel wants as a power of two', () => {
    expect(ringBytesOf({})).toBe(1 << 20);
    expect(ringBytesOf({ ringBytes: 4096 })).toBe(4096);
    for (const ringBytes of [0, 2048, 5000, 2 ** 31])
      expect(() => ringBytesOf({ ringBytes })).toThrow('power of two');
  });
});

it('every drop and every pass can be had as an event', () => {
  for (const reason of reasons)
    if (['drop', 'pass'].includes(reason.kind)) expect(eventKindsOf(reason)[0]).toBe(reason.kind);
});
