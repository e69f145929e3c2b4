import { closeSync, existsSync, readFileSync } from 'node:fs';
import koffi from 'koffi';
import { errnoNumber } from '../sys/errno.ts';
import { netlinkDump, withNetlink } from './netlink-dump.ts';
import { attributesOf, textOf } from './netlink-message.ts';
import { NETLINK_NETFILTER } from './netlink-socket.ts';

/** A chain of packet filter rules. */
export interface NetfilterChain {
  /** `nftables` (iptables-nft as well) or `iptables` (the legacy one). */
  readonly by: 'nftables' | 'iptables';
  readonly table: string;
  readonly chain: string;
}

/** `struct nfgenmsg`: family 0 (0: all), version 1, resource 2. */
const fixedBytes = 4;
const NFT_MSG_NEWCHAIN = (10 << 8) | 3;
const NFT_MSG_GETCHAIN = (10 << 8) | 4;
const NFTA_CHAIN_TABLE = 1;
const NFTA_CHAIN_NAME = 3;

/**
 * Chains of nftables in this network namespace, of all address families. Makes no kernel module load: where nftables is not in
 * the kernel yet, there are no chains. Needs CAP_NET_ADMIN. Throws BpfError.
 */
export function listNftablesChains(): NetfilterChain[] {
  // A question to a part that is a module loads the module.
  const mayLoadModules = existsSync('/proc/modules');
  if (mayLoadModules && !existsSync('/sys/module/nf_tables') && !isBuiltIn('nf_tables')) return [];
  try {
    return withNetlink(NETLINK_NETFILTER, (socket) =>
      netlinkDump(socket, {
        type: NFT_MSG_GETCHAIN,
        body: Buffer.alloc(fixedBytes),
        answer: NFT_MSG_NEWCHAIN,
        read: chainOf,
        subject: 'nftables chains of this network namespace',
      }),
    );
  } catch (error) {
    // A kernel without them.
    const none = ['EPROTONOSUPPORT', 'EINVAL', 'EOPNOTSUPP'].map(errnoNumber);
    if (none.includes((error as { errno?: number }).errno ?? 0)) return [];
    throw error;
  }
}

function chainOf(body: Buffer): NetfilterChain | undefined {
  const attributes = attributesOf(body.subarray(fixedBytes));
  const table = textOf(attributes.get(NFTA_CHAIN_TABLE));
  const chain = textOf(attributes.get(NFTA_CHAIN_NAME));
  return table === undefined || chain === undefined ? undefined : { by: 'nftables', table, chain };
}

function isBuiltIn(module: string): boolean {
  try {
    const release = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
    return readFileSync(`/lib/modules/${release}/modules.builtin`, 'utf8').includes(`/${module}.ko`);
  } catch {
    return false;
  }
}

const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const IPT_SO_GET_INFO = 64;
const IPT_SO_GET_ENTRIES = 65;

/**
 * Chains that legacy iptables has in this network namespace (IPv4), of the tables that are in use: asking for another would
 * make it. Needs CAP_NET_ADMIN; without it there are none.
 */
export function listIptablesChains(
  readTables = () => readFileSync('/proc/thread-self/net/ip_tables_names', 'utf8'),
): NetfilterChain[] {
  let tables: string[];
  try {
    tables = readTables().split('\n').filter(Boolean);
  } catch {
    return [];
  }
  return tables.flatMap((table) =>
    chainsOf(table).map((chain) => ({ by: 'iptables' as const, table, chain })),
  );
}

function chainsOf(table: string): string[] {
  const library = koffi.load(null);
  const openSocket = library.func('int socket(int, int, int)');
  const getOption = library.func('int getsockopt(int, int, int, void *, _Inout_ uint32_t *)');
  const fd = openSocket(AF_INET, SOCK_DGRAM_CLOEXEC, 0) as number;
  if (fd < 0) return [];
  try {
    // `struct ipt_getinfo`: name 0, sizes behind; the last is that of the entries.
    const info = Buffer.alloc(84);
    info.write(table, 0, 31, 'latin1');
    if (getOption(fd, 0, IPT_SO_GET_INFO, info, [info.length]) !== 0) return [];
    const size = info.readUInt32LE(80);
    // `struct ipt_get_entries`: name 0, size 32, entries 40.
    const entries = Buffer.alloc(40 + size);
    entries.write(table, 0, 31, 'latin1');
    entries.writeUInt32LE(size, 32);
    if (getOption(fd, 0, IPT_SO_GET_ENTRIES, entries, [entries.length]) !== 0) return [];
    return chainNames(entries.subarray(40));
  } finally {
    closeSync(fd);
  }
}

/** A user's chain begins with an entry whose target is named ERROR and holds the chain's name. */
export function chainNames(entries: Buffer): string[] {
  const names: string[] = [];
  // `struct ipt_entry`: offset of the target 88, of the next entry 90. `struct xt_error_target`: name 2 (29 bytes), text 32.
  for (let at = 0; at + 112 <= entries.length; ) {
    const target = at + entries.readUInt16LE(at + 88);
    const next = entries.readUInt16LE(at + 90);
    if (textOf(entries.subarray(target + 2, target + 31)) === 'ERROR')
      names.push(textOf(entries.subarray(target + 32, target + 62)) ?? '');
    if (next === 0) break;
    at += next;
  }
  return names.filter((name) => name !== 'ERROR');
}
