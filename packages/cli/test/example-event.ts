import type { DatapathEvent } from '@lbx/core';

/** For tests: the first packet of a client to a service, as XDP saw it. */
export const exampleEvent: DatapathEvent = {
  kind: 'new',
  reason: 'note_new_flow',
  doc: '',
  time: new Date(0),
  monotonicNs: 1n,
  hook: 'xdp',
  direction: 'request',
  ifindex: 4,
  family: 4,
  protocol: 'TCP',
  source: { address: '203.0.113.5', port: 40001 },
  destination: { address: '198.51.100.1', port: 80 },
  tcpFlags: [],
  length: 74,
  cpu: 0,
  oneIn: 1,
};
