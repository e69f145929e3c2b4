import { expect, it } from 'vitest';
import { normalise } from './normalise.ts';

it.each([
  ['added 92 packages in 13s', 'added 92 packages in …s'],
  ['loaded 27 programs in 6907 ms, 0.5 µs each', 'loaded 27 programs in … ms, … µs each'],
  ['last wrote 7 s ago; process 15 runs', 'last wrote … s ago; process … runs'],
  ['10:15:02.123  drop_ttl', '…  drop_ttl'],
  ['cgroup_connect4  lbx_connect4  4565  8 s ago', 'cgroup_connect4  lbx_connect4  …  … s ago'],
  ['by SNAT from 192.0.2.1:10001', 'by SNAT from 192.0.2.1:…'],
  ['manifests in /tmp/home/m', 'manifests in ~/m'],
  // What says something stays.
  ['192.0.2.100:40000 is backend 2 of 3, 50.0 %', '192.0.2.100:40000 is backend 2 of 3, 50.0 %'],
  ['\n\na  \n\nb\n', 'a\n\nb'],
])('%j', (text, wanted) => expect(normalise(text, '/tmp/home')).toBe(wanted));
