import { expect, test } from 'vitest';
import * as maglev from './index.ts';

test('what the package exports', () => {
  expect(Object.keys(maglev).sort()).toMatchInlineSnapshot(`
    [
      "CILIUM_TABLE_SIZES",
      "DEFAULT_SEED",
      "DEFAULT_SEED_TEXT",
      "DEFAULT_TABLE_SIZE",
      "MAX_TABLE_SIZE",
      "MaglevError",
      "assertTableSize",
      "createMaglevBuilder",
      "createMaglevTable",
      "disruption",
      "jhash3Words",
      "maglevHash4",
      "maglevHash6",
      "murmur3_128",
      "parseSeed",
      "selectBackend",
      "verifyMaglev",
    ]
  `);
});
