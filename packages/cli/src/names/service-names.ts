/** Names of services for who looks at maps, which know addresses only. */
export interface ServiceNames {
  /** Who knows them, for people; undefined: nobody, there are no names. */
  readonly from: string | undefined;
  /** "shop/web" of "192.0.2.1:30080/TCP"; undefined for what nobody has a name for. */
  serviceOf(frontend: string): string | undefined;
  /** Names of all services. */
  all(): readonly string[];
  /** Frontends of a service by its name. */
  frontendsOf(service: string): readonly string[];
}

/** Services by the names of their frontends. */
type NameTable = ReadonlyMap<string, string>;

/** Where names come from, and how often it may be asked. */
export interface NameSource {
  readonly from: string;
  load(): Promise<NameTable>;
  /** At least so long between two questions for a name that is not known. */
  readonly missMs: number;
}

/** What is known is asked for again after so long: an address may get another owner. */
const staleMs = 60_000;

export const noNames: ServiceNames = {
  from: undefined,
  serviceOf: () => undefined,
  all: () => [],
  frontendsOf: () => [],
};

/**
 * Names as a source has them now; later ones are asked for when a frontend comes up that has none, without waiting for them,
 * and less and less often as long as that does not help.
 * @param now - milliseconds that only grow.
 * @throws what the source throws at first; later it is left with the names that are known.
 */
export async function followNames(
  { from, load, missMs }: NameSource,
  now: () => number = () => performance.now(),
): Promise<ServiceNames> {
  let table = await load();
  let askedAt = now();
  let patienceMs = missMs;
  const find = (frontend: string) => table.get(frontend) ?? table.get(onEveryAddress(frontend));
  const ask = (frontend: string) => {
    askedAt = now();
    load().then(
      (found) => {
        table = found;
        patienceMs = find(frontend) === undefined ? Math.min(2 * patienceMs, staleMs) : missMs;
      },
      () => {},
    );
  };
  return {
    from,
    serviceOf(frontend) {
      const found = find(frontend);
      if (now() - askedAt > (found === undefined ? patienceMs : staleMs)) ask(frontend);
      return found;
    },
    all: () => [...new Set(table.values())],
    frontendsOf: (service) => [...table].filter(([, of]) => of === service).map(([frontend]) => frontend),
  };
}

/** NodePorts are known by one name for all addresses of the node, too. */
function onEveryAddress(frontend: string): string {
  const at = frontend.lastIndexOf(':');
  return `${frontend.startsWith('[') ? '[::]' : '0.0.0.0'}${frontend.slice(at)}`;
}
