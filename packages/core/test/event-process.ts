import { openPinnedEvents } from '../src/index.ts';

// Run as a child: listens to the events of the pins in the first argument, and says so, until it is killed.
const events = openPinnedEvents({ pins: process.argv[2]! });
console.log('listening');
for await (const { reason } of events) console.log(reason);
