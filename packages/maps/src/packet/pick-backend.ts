import { algorithmOf, backendIdOfSlot, maglevChoice, randomSlot } from '../explain/choose-backend.ts';
import type { ExplainOptions, Flow } from '../explain/explanation.ts';
import { readBackend } from '../explain/read-backend.ts';
import type { FoundService } from '../explain/service-key.ts';
import type { ReasonName } from '../flow/reasons.ts';
import { BackendStateByte } from '../layouts/names.ts';
import { type Protocol, protocolName } from '../model/protocol.ts';
import { lastBackend, rememberBackend } from './affinity.ts';
import type { FlowBackend } from './flow-state.ts';
import type { Run } from './run.ts';

/** A backend for a new flow. */
export interface Picked extends FlowBackend {
  /** On this node, as its metadata say. */
  readonly local: boolean;
}

/** Chooses for a new flow: the client's last backend if the service has affinity, Maglev's, or by a hash of the flow. */
export function pickBackend(run: Run, service: FoundService): Picked | ReasonName {
  const last = lastBackend(run, service);
  if (last !== undefined) {
    const picked = loadBackend(run, service, last);
    // One that is going away keeps its flows and gets no new ones.
    if (picked?.stateByte === BackendStateByte.active) return picked.backend;
  }
  const id = maglevId(run, service) || slotId(run, service);
  if (id === 0) return 'drop_no_backend';
  const picked = loadBackend(run, service, id);
  if (picked === undefined) return 'drop_backend_missing';
  rememberBackend(run, service, id);
  return picked.backend;
}

/** 0 where the service does not use Maglev, or has no table. */
function maglevId(run: Run, service: FoundService): number {
  const options = optionsOf(run);
  if (algorithmOf(service, options) !== 'maglev') return 0;
  const id = maglevChoice(run.trace, service, destinationOf(run), flowOf(run), options);
  if (id === 0) run.notes.push('note_maglev_missing');
  return id;
}

function slotId(run: Run, service: FoundService): number {
  const slot = randomSlot(destinationOf(run), service, flowOf(run), optionsOf(run))!;
  return backendIdOfSlot(run.trace, service.family, service.key, slot) ?? 0;
}

function loadBackend(run: Run, { family }: FoundService, id: number) {
  const meta = run.backends.get(id);
  if (run.settings.derived && (meta === undefined || meta.generation % 2 === 0)) return undefined;
  const found = readBackend(run.trace, family, id);
  if (found === undefined) return undefined;
  const { address, port } = found.backend;
  const { generation, local } = (run.settings.derived ? meta : undefined) ?? { generation: 0, local: false };
  return { stateByte: found.stateByte, backend: { id, address, port, generation, local } };
}

function optionsOf({ settings: { algorithm, maglevSize, maglevSeed } }: Run): ExplainOptions {
  return { algorithm, ...(maglevSize && { maglevSize }), ...(maglevSeed && { maglevSeed }) };
}

function destinationOf({ packet: { family, from, to, proto } }: Run) {
  return { family, client: from.address, address: to.address, port: to.port, proto };
}

function flowOf({ packet: { from, to, proto } }: Run): Flow {
  return { from, to, protocol: protocolName(proto) as Protocol };
}
