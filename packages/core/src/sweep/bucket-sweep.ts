import type { BpfMap, BpfProgram } from 'libbpf-ts';
import type { Sweep } from './sweeper.ts';

/** Buckets that the program looks at in one run: some hundred microseconds when all of them are full. */
const stepBuckets = 512;

/** `struct lbx_sweep` of bpf/sweep.bpf.c, padded to what a test run takes for a frame. */
const frameBytes = 64;
const usedAt = 8;
const freedAt = 12;
/** XDP_PASS; the program answers nothing else when it has understood. */
const understood = 2;

/** Takes flows that are over out of a table of buckets, by a program of sweep4 or sweep6. */
export function createBucketSweep(program: BpfProgram, map: BpfMap): Sweep {
  const frame = Buffer.alloc(frameBytes);
  return {
    name: map.name,
    *round() {
      for (let from = 0; from < map.maxEntries; from += stepBuckets) {
        frame.fill(0);
        frame.writeUInt32LE(from, 0);
        frame.writeUInt32LE(Math.min(stepBuckets, map.maxEntries - from), 4);
        const { retval, data } = program.testRun({ data: frame });
        if (retval !== understood) throw new Error(`the program gave ${retval}`);
        const answer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
        yield { used: answer.readUInt32LE(usedAt), freed: answer.readUInt32LE(freedAt) };
      }
    },
  };
}
