import { workerData } from 'node:worker_threads';
import { BpfProgram } from 'libbpf-ts';

// A thread that runs a program on one packet, so many times.
const { fd, data, ctx, times } = workerData as {
  fd: number;
  data: Uint8Array;
  ctx: Uint8Array;
  times: number;
};
using program = BpfProgram.fromFd(fd);
for (let n = 0; n < times; n++) program.testRun({ data, ctx });
