import { type ApiServer, createRandom, type KubeObject } from '@lbx/testing';
import { endpointAddress, serviceObject, sliceObject } from './objects.ts';

/** Random changes of services and their endpoints, one after the other; the same for the same seed. */
export interface Churn {
  /** Every endpoint that there may be comes and goes once: what an agent remembers of them has its full size then. */
  prime(): Promise<void>;
  /** Makes one change and waits for the server's word. */
  step(): Promise<void>;
  readonly changes: number;
}

interface State {
  service: boolean;
  slice: boolean;
  addresses: string[];
}

const mostEndpoints = 20;
/**
 * Lives of one endpoint: addresses come again, as from the prefix of a node. An agent keeps the ids of addresses that went
 * for hours; with ever new ones its memory would grow for as long, which is no leak.
 */
const generations = 2;

/** For services 0 up to `services`, all of which exist with their slices. */
export function createChurn(server: ApiServer, services: number, seed: number): Churn {
  const { below, pick } = createRandom(seed);
  const states = Array.from({ length: services }, (_, service): State => {
    const addresses = Array.from({ length: 10 }, (_, i) => endpointAddress(service, i));
    return { service: true, slice: true, addresses };
  });
  let changes = 0;

  const fresh = (service: number, index: number) => endpointAddress(service, index, below(generations));
  const actions: readonly ((service: number, state: State) => Promise<unknown>)[] = [
    // Most changes of a cluster are endpoints that come and go.
    ...Array.from({ length: 6 }, () => async (service: number, state: State) => {
      if (!state.slice) return;
      const at = below(mostEndpoints);
      if (at >= state.addresses.length) state.addresses.push(fresh(service, state.addresses.length));
      else if (below(3) === 0) state.addresses.splice(at, state.addresses.length - at);
      else state.addresses[at] = fresh(service, at);
      await server.replace(sliceObject(service, state.addresses));
    }),
    async (service, state) => {
      state.slice = !state.slice;
      const slice = sliceObject(service, state.addresses);
      await (state.slice ? server.create(slice) : server.remove(slice));
    },
    async (service, state) => {
      state.service = !state.service;
      // With the address that it had, for the same reason.
      const object: KubeObject = serviceObject(service, true);
      await (state.service ? server.create(object) : server.remove(object));
    },
    async (service, state) => {
      if (!state.service) return;
      const sessionAffinity = below(2) === 0 ? 'ClientIP' : 'None';
      await server.patch(serviceObject(service), {
        spec: { sessionAffinity, ...(sessionAffinity === 'None' ? { sessionAffinityConfig: null } : {}) },
      });
    },
  ];
  const all = (service: number, generation: number) =>
    Array.from({ length: mostEndpoints }, (_, i) => endpointAddress(service, i, generation));
  return {
    async prime() {
      for (const [service, { addresses }] of states.entries()) {
        for (let generation = 0; generation < generations; generation++)
          await server.replace(sliceObject(service, all(service, generation)));
        await server.replace(sliceObject(service, addresses));
      }
    },
    get changes() {
      return changes;
    },
    async step() {
      const service = below(services);
      await pick(actions)(service, states[service]!);
      changes += 1;
    },
  };
}
