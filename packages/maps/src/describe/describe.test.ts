import { expect, it, describe as suite } from 'vitest';
import { pad } from '../codec/bytes.ts';
import { be16, u8, u32 } from '../codec/integers.ts';
import { scalar, struct } from '../codec/struct.ts';
import { mapLayout } from '../layouts/map-layout.ts';
import { describe } from './describe.ts';
import { mapsDocument } from './maps-document.ts';
import { reasonsDocument } from './reasons-document.ts';

suite('describe', () => {
  it('docs/maps.md is up to date', async () => {
    await expect(mapsDocument()).toMatchFileSnapshot('../../../../docs/maps.md');
  });

  it('docs/drop-reasons.md is up to date', async () => {
    await expect(reasonsDocument()).toMatchFileSnapshot('../../../../docs/drop-reasons.md');
  });

  it('shows maps, and structs member by member', () => {
    const Value = struct('thing', {
      port: be16.doc('Port'),
      kind: u8.values({ one: 1 }).doc('Kind | sort'),
      flags: u8.flags({ on: 0x80 }),
      pad: pad(4),
    });
    const layout = mapLayout('lru_hash', 'things', scalar('id', u32), Value, {
      doc: 'Things',
      flags: 1,
      maxEntries: 7,
    });
    expect(describe({ things: layout })).toBe(`## Maps

| map | type | flags | max entries | key | value | holds |
|---|---|---|---:|---|---|---|
| \`things\` | lru_hash | noPrealloc | 7 | \`__u32\` \`id\` | [\`thing\`](#thing), 8 B | Things |

## Structs

### thing

8 bytes.

| offset | size | C | TypeScript | order | meaning |
|---:|---:|---|---|---|---|
| 0 | 2 | \`__be16 port\` | \`port\` | network | Port |
| 2 | 1 | \`__u8 kind\` | \`kind\` |  | Kind \\| sort; 1 one |
| 3 | 1 | \`__u8 flags\` | \`flags\` |  | 0x80 on |
| 4 | 4 | padding |  |  | zero |
`);
  });
});
