// A process of the stress test: runs a pinned program until the time is over. Arguments: path, milliseconds.
import { BpfProgram } from 'libbpf-ts';

const [, , path, milliseconds] = process.argv;
using program = BpfProgram.openPinned(path!);
const data = new Uint8Array(64);
const end = performance.now() + Number(milliseconds);
let runs = 0;
do {
  program.testRun({ data, repeat: 20_000 });
  runs += 20_000;
} while (performance.now() < end);
console.log(runs);
