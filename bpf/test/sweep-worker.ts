import { createInterface } from 'node:readline';
import { readObject } from '@lbx/bpf';
import { BpfMap, load } from 'libbpf-ts';

// Run as a child: sweep-worker MAP-ID HZ. Sweeps that lbx_rev4 over and over until it is asked (a line on standard input)
// for how often it did, and what it took out.
const [, , id = '', hz = ''] = process.argv;
using map = BpfMap.fromId(Number(id));
using object = load(readObject('sweep4'), {
  variables: { lbx_hz: Number(hz) },
  maps: { lbx_rev4: { reuse: map } },
});
const program = object.program('lbx_sweep_rev4');
const frame = Buffer.alloc(64);
let [rounds, freed] = [0, 0];
let asked = false;
const lines = createInterface(process.stdin);
lines.once('line', () => {
  asked = true;
  lines.close();
});

console.log('sweeping');
while (!asked) {
  for (let from = 0; from < map.maxEntries; from += 100) {
    frame.fill(0);
    frame.writeUInt32LE(from, 0);
    frame.writeUInt32LE(100, 4);
    const { retval, data } = program.testRun({ data: frame });
    if (retval !== 2) throw new Error(`the program gave ${retval}`);
    freed += Buffer.from(data).readUInt32LE(12);
  }
  rounds++;
  await new Promise((resolve) => setImmediate(resolve));
}
console.log(JSON.stringify({ rounds, freed }));
