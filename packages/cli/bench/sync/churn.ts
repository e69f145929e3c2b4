import { type ApiServer, createRandom, type KubeObject } from '@lbx/testing';
import { endpointAddress, serviceObject, sliceObject } from './objects.ts';

/** Random changes of services and their endpoints, one after the other; the same for the same seed. */
export interface Churn {
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
 * Lives of one endpoint: addresses come again, as from the prefix of a node. Few, so that each has been there after a
 * minute or two and what an agent remembers of them (ids in quarantine) has its full size in the second half of a soak.
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
      const object: KubeObject = serviceObject(service);
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
  return {
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
