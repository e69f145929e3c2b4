import { createNeighbourKeeper } from '../src/derived/neighbours.ts';

// Run as a child inside a network namespace: resolves the addresses given, and is done. That it ends at all shows that
// the keeper's timer and sockets keep no process alive.
createNeighbourKeeper().add(process.argv.slice(2));
