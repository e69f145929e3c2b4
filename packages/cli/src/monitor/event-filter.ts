import { BlockList } from 'node:net';
import type { DatapathEvent, EventEndpoint } from '@lbx/core';
import { readAddress } from '@lbx/maps';
import type { Place } from '../input/place.ts';
import type { ServiceNames } from '../names/service-names.ts';

/** What a person wants to see, beyond what the kernel can tell apart. What is left out does not restrict. */
export interface EventFilter {
  /** Addresses, frontends ("198.51.100.1:80", "…/TCP") or names of services ("shop/web"); one of them. */
  readonly services?: readonly string[];
  readonly backends?: readonly Place[];
  /** Whoever asked: the source of a request, the destination of an answer. */
  readonly client?: Place;
  /** "tcp", "icmp": ICMP of both families. */
  readonly protocols?: readonly string[];
  /** Ends of the flow as its client sees it; answers count too. */
  readonly from?: Place;
  readonly to?: Place;
}

/** Tells the events that are wanted. */
export function eventFilter(
  { services, backends, client, protocols, from, to }: EventFilter,
  names: Pick<ServiceNames, 'serviceOf' | 'frontendsOf'>,
): (event: DatapathEvent) => boolean {
  const inBackends = backends?.map(inPlace);
  const [isClient, isFrom, isTo] = [client, from, to].map((place) => place && inPlace(place));
  const tests: ((event: DatapathEvent) => boolean)[] = [];
  if (services !== undefined) {
    const wanted = services.map((service) => ofService(service, names));
    tests.push((event) => wanted.some((test) => test(event)));
  }
  if (inBackends !== undefined)
    tests.push(({ backend, source, direction }) =>
      inBackends.some(
        (test) =>
          (backend !== undefined && test(endpointOf(backend))) || (direction === 'reply' && test(source)),
      ),
    );
  if (protocols !== undefined)
    tests.push(({ protocol }) => protocols.includes(protocol.toLowerCase().replace('icmpv6', 'icmp')));
  if (isClient !== undefined)
    tests.push(({ source, destination, direction }) =>
      direction === undefined
        ? isClient(source) || isClient(destination)
        : isClient(direction === 'request' ? source : destination),
    );
  if (isFrom !== undefined)
    tests.push(({ source, destination, direction }) => isFrom(direction === 'reply' ? destination : source));
  if (isTo !== undefined)
    tests.push(
      ({ destination, service, direction }) =>
        (direction !== 'reply' && isTo(destination)) || (service !== undefined && isTo(endpointOf(service))),
    );
  return (event) => tests.every((test) => test(event));
}

type Test = (end: EventEndpoint | undefined) => boolean;

function inPlace({ address, bits, port }: Place): Test {
  const network = new BlockList();
  const family = (text: string) => (text.includes(':') ? 'ipv6' : 'ipv4');
  network.addSubnet(address, bits, family(address));
  return (end) =>
    end !== undefined &&
    (port === undefined || end.port === port) &&
    network.check(end.address, family(end.address));
}

/** By its frontend or its name. What goes to an address of a named service and to none of its ports is about it, too. */
function ofService(
  wanted: string,
  { serviceOf, frontendsOf }: Pick<ServiceNames, 'serviceOf' | 'frontendsOf'>,
) {
  const address = readAddress(wanted)?.text;
  if (address !== undefined)
    return ({ service, destination }: DatapathEvent) =>
      address === (service === undefined ? destination?.address : endpointOf(service).address);
  if (wanted.includes(':'))
    return ({ service }: DatapathEvent) =>
      service !== undefined && (service === wanted || service.split('/')[0] === wanted);
  return ({ service, destination }: DatapathEvent) => {
    if (service !== undefined) return serviceOf(service) === wanted;
    return (
      destination !== undefined &&
      frontendsOf(wanted).some((frontend) => endpointOf(frontend).address === destination.address)
    );
  };
}

/** "192.0.2.1:80", "[2001:db8::1]:80/TCP". */
function endpointOf(text: string): EventEndpoint {
  const [, six, four = '', port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)/.exec(text) ?? [];
  return { address: six ?? four, port: Number(port) };
}
