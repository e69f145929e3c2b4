import { TestingError } from '../errors.ts';

/** DataView would write 70000 as 4464 without a word. */
export function checkPort(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new TestingError('LBX_PACKET_INVALID', `port ${port}: not in 0..65535`);
}
