import { expect, it } from 'vitest';
import { isAddress, readAddress } from './address.ts';

it('addresses sort by their bytes', () => {
  const sorted = [
    ['0.0.0.0', '9.255.255.255', '10.0.0.0', '192.0.2.1', '255.255.255.255'],
    [
      '::',
      '::1',
      '::ffff',
      '::1:0',
      '2001:db8::9',
      '2001:db8::10',
      '2001:db8:d800:dc00::',
      '2001:db8:d800:dc01::',
      'fffe::',
      'ffff::',
    ],
  ];
  for (const list of sorted) {
    const read = [...list].reverse().map((text) => readAddress(text)!);
    read.sort((a, b) => (a.order < b.order ? -1 : 1));
    expect(read.map(({ text }) => text)).toEqual(list);
  }
});

it.each(['192.0.2.1', '2001:DB8::1', '::ffff:192.0.2.1', '::fffe:192.0.2.1', '192.0.2', '::g', ''])(
  'isAddress and readAddress agree about %j',
  (text) => expect(isAddress(text)).toBe(readAddress(text) !== undefined),
);
