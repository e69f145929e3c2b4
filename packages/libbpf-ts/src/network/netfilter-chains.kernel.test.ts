import { createNetns, describeKernel, type Netns } from '@lbx/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { inNetns } from '../link/in-netns.ts';
import { chainNames, listIptablesChains, listNftablesChains } from './netfilter-chains.ts';
import { attribute, netlinkMessages } from './netlink-message.ts';
import { NETLINK_NETFILTER, NetlinkSocket } from './netlink-socket.ts';

const text = (type: number, value: string) => attribute(type, Buffer.from(`${value}\0`));

/** A message of nftables: NLM_F_REQUEST, NLM_F_CREATE, NLM_F_ACK; `struct nfgenmsg` of IPv4. */
function message(type: number, sequence: number, body: Buffer, resource = 0): Buffer {
  const bytes = Buffer.alloc(20 + body.length);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(1 | 4 | 0x400, 6);
  bytes.writeUInt32LE(sequence, 8);
  bytes[16] = 2;
  bytes.writeUInt16BE(resource, 18);
  body.copy(bytes, 20);
  return bytes;
}

/** Table and chain in one transaction, as nft(8) would add them. */
function addChain(table: string, chain: string): void {
  const socket = new NetlinkSocket(0, NETLINK_NETFILTER);
  try {
    socket.send(
      Buffer.concat([
        message(16, 1, Buffer.alloc(0), 10),
        message(10 << 8, 2, text(1, table)),
        message((10 << 8) | 3, 3, Buffer.concat([text(1, table), text(3, chain)])),
        message(17, 4, Buffer.alloc(0), 10),
      ]),
    );
    for (let bytes = socket.receive(); bytes instanceof Buffer; bytes = socket.receive())
      for (const { type, body } of netlinkMessages(bytes))
        if (type === 2) expect(body.readInt32LE(0)).toBe(0);
  } finally {
    socket.close();
  }
}

describeKernel('chains of netfilter', () => {
  let netns: Netns;
  beforeEach(() => {
    netns = createNetns('netfilter');
  });
  afterEach(() => netns.close());

  it('of nftables are those of the namespace', () => {
    expect(inNetns(netns.path, listNftablesChains)).toEqual([]);
    inNetns(netns.path, () => addChain('kube-proxy', 'services'));
    expect(inNetns(netns.path, listNftablesChains)).toEqual([
      { by: 'nftables', table: 'kube-proxy', chain: 'services' },
    ]);
  });

  it('of iptables are read where a table is in use', () => {
    expect(inNetns(netns.path, () => listIptablesChains())).toEqual([]);
    // Asking for a table makes it; a fresh one has no chains of anybody.
    expect(inNetns(netns.path, () => listIptablesChains(() => 'nat\n'))).toEqual([]);
  });
});

it('names of chains stand in entries of legacy iptables', () => {
  const entry = (target: string, name: string) => {
    const bytes = Buffer.alloc(176);
    bytes.writeUInt16LE(112, 88);
    bytes.writeUInt16LE(176, 90);
    bytes.write(target, 114, 'latin1');
    bytes.write(name, 144, 'latin1');
    return bytes;
  };
  const entries = [entry('', ''), entry('ERROR', 'KUBE-SERVICES'), entry('', ''), entry('ERROR', 'ERROR')];
  expect(chainNames(Buffer.concat(entries))).toEqual(['KUBE-SERVICES']);
});
