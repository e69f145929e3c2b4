import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { localAddresses, openPinnedFlows, openPinnedTables, type PinnedFlows } from '@lbx/core';
import {
  type AnyLayout,
  type ConfidenceReason,
  catalog,
  createMemoryTable,
  type ExplainSource,
  type FlowClock,
  flowCatalog,
  type LiveOptions,
  type LiveState,
  type ReadableTable,
} from '@lbx/maps';
import type { AgentFlags } from '../input/ask-agent.ts';
import {
  LIVE,
  nothingPinned,
  pinFolder,
  pinPlace,
  readState,
  type StateOptions,
  withoutRoot,
} from '../input/state.ts';
import { assertRoot } from '../root.ts';
import type { CommandContext } from '../run-cli.ts';
import type { NodeFacts } from './entry-point.ts';
import { type RunningSettings, runningSettings } from './running-settings.ts';

/** What is asked, and what is known of how its programs choose. */
export interface OpenedState extends Disposable, NodeFacts {
  readonly label: string;
  readonly state: LiveState;
  readonly options: Pick<
    LiveOptions,
    'algorithm' | 'maglevSeed' | 'nodePortRange' | 'externalIpsAnywhere' | 'localAddresses'
  >;
  readonly problems: readonly string[];
  /** What else is to be known of how sure the answer is. */
  readonly remarks?: readonly ConfidenceReason[];
}

/** Opens what people name by `live`, a dump or a folder of manifests. Pinned maps are opened for reading only. */
export async function openLiveState(
  name: string,
  options: StateOptions & AgentFlags,
  context: Pick<CommandContext, 'input'>,
): Promise<OpenedState> {
  if (name === LIVE) return openPinned(options);
  const { kind, label, snapshot, others, desired, problems } = await readState(
    name,
    options,
    context,
    'explain',
  );
  const close = { [Symbol.dispose]() {} };
  if (kind === 'manifests') {
    const addresses = desired?.options.nodeAddresses ?? [];
    return {
      label,
      state: { services: snapshot },
      options: { localAddresses: addresses },
      problems,
      ...close,
    };
  }
  const tables = tablesOf([...snapshot.entries.values(), ...others]);
  const hasFlows = Object.keys(tables).some((map) => /^(lbx_flow|ct_?)/.test(map));
  const services = tables as unknown as ExplainSource;
  return {
    label,
    state: { services, ...(hasFlows ? { flows: tables } : {}) },
    options: {},
    problems,
    ...close,
  };
}

async function openPinned(flags: StateOptions & AgentFlags): Promise<OpenedState> {
  assertRoot('explain', 'reads maps of the kernel', withoutRoot('explain'));
  const folder = pinFolder(flags);
  const running =
    existsSync(folder) && flags.layout !== 'cilium' ? await runningSettings(folder, flags) : { remarks: [] };
  const place = pinPlace(flags);
  const opened: Disposable[] = [];
  const close = () => {
    for (const one of opened.splice(0).reverse()) one[Symbol.dispose]();
  };
  try {
    const pinned = openPinnedTables(place, { readOnly: true });
    opened.push(pinned);
    if (Object.keys(pinned.tables).length === 0) throw nothingPinned(flags, 'explain');
    const flows = openPinnedFlows(place);
    opened.push(flows);
    return { ...describePinned(pinned.tables, flows, running, flags), [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

function describePinned(
  tables: ReturnType<typeof openPinnedTables>['tables'],
  { sources }: PinnedFlows,
  { settings, remarks }: RunningSettings,
  flags: StateOptions,
): Omit<OpenedState, typeof Symbol.dispose> {
  const folder = pinFolder(flags);
  const { packets, ...sockets } = settings ?? {};
  const addresses = localAddresses().map(({ address }) => address);
  return {
    label: `the maps pinned in ${folder}`,
    state: {
      services: tables,
      flows: sources,
      ...(packets === undefined ? {} : { settings: packets, clock: clockNow(packets.hz ?? 250) }),
    },
    options: {
      ...sockets,
      ...(packets?.algorithm === undefined ? {} : { algorithm: packets.algorithm }),
      localAddresses: addresses,
    },
    problems: [],
    remarks,
    ...(flags.layout === 'cilium' ? {} : { links: linksIn(folder) }),
    addresses,
  };
}

const linksIn = (pins: string): string[] => {
  const folder = join(pins, 'links');
  return existsSync(folder) ? readdirSync(folder) : [];
};

/** The kernel counts jiffies from 300 seconds before the 32 bits of them wrap around, beside the seconds since boot. */
function clockNow(hz: number): FlowClock {
  const seconds = Number(process.hrtime.bigint()) / 1e9;
  return { jiffies: Math.round(hz * (seconds - 300)) >>> 0, errorSeconds: 1, seconds: Math.floor(seconds) };
}

function tablesOf(
  entries: readonly { readonly map: string; readonly key: unknown; readonly value: unknown }[],
): Record<string, ReadableTable> {
  const layouts: Readonly<Record<string, AnyLayout>> = { ...catalog, ...flowCatalog };
  const tables: Record<string, ReturnType<typeof createMemoryTable>> = {};
  for (const { map, key, value } of entries) {
    const layout = layouts[map];
    if (layout === undefined || layout.type.includes('percpu')) continue;
    const maxEntries = Math.max(layout.maxEntries, entries.length);
    tables[map] ??= createMemoryTable(layout, { maxEntries });
    tables[map].set(key, value);
  }
  return tables as Record<string, ReadableTable>;
}
