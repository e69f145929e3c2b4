import { createMaglevTable, parseSeed } from '@lbx/maglev';
import { readAddress } from '../model/address.ts';
import type { Backend } from '../model/backend.ts';
import { hostPort } from '../model/endpoint-name.ts';
import type { ResolvedOptions } from './options.ts';

/** One Maglev table per set of backends: the same Uint32Array object for the same backends, ids, weights and size. */
export interface MaglevTables {
  /** The table of backends `members` with ids `ids`. */
  tableOf(members: readonly Backend[], ids: readonly number[]): Uint32Array;
}

/** Tables by content, for as long as anybody has them. Their bytes depend on names, states, weights and ids of the backends only, not on their order. */
export function createMaglevTables({ maglevSize, maglevSeed }: ResolvedOptions): MaglevTables {
  const seed = maglevSeed === undefined ? undefined : parseSeed(maglevSeed);
  const tables = new Map<string, WeakRef<Uint32Array>>();
  const forget = new FinalizationRegistry<string>((key) => {
    // It may have been made anew since.
    if (tables.get(key)?.deref() === undefined) tables.delete(key);
  });
  return {
    tableOf(members, ids) {
      const backends = members.map((backend, i) => ({
        hash: maglevName(readAddress(backend.address)!.text, backend.port, backend.protocol),
        id: ids[i]!,
        weight: backend.weight ?? 100,
      }));
      backends.sort((a, b) => (a.hash < b.hash ? -1 : 1));
      const key = backends.map(({ hash, id, weight }) => `${hash}${id}*${weight}`).join();
      let table = tables.get(key)?.deref();
      if (table === undefined) {
        table = createMaglevTable(
          backends,
          seed === undefined ? { size: maglevSize } : { size: maglevSize, seed },
        );
        tables.set(key, new WeakRef(table));
        forget.register(table, key);
      }
      return table;
    },
  };
}

/**
 * The name by which a backend's positions are hashed: `[192.0.2.1:80/TCP,State:active]`. It says active of terminating
 * backends too, where those serve because no other does.
 */
function maglevName(address: string, port: number, protocol: string): string {
  return `[${hostPort(address, port)}/${protocol},State:active]`;
}
