import { MapsError } from '../errors.ts';
import { IdMap } from './id-map.ts';

/** How ids of one space are handed out. */
export interface IdSpaceOptions {
  /** What the ids are for, in errors: "frontend", "backend". */
  readonly label: string;
  /** The option that sets `max`, for errors. */
  readonly knob: string;
  /** Highest id; 1 is the lowest. */
  readonly max: number;
  /** A freed id is kept from other names for that long: longer than a flow can live that still carries it. */
  readonly quarantineSeconds: number;
  /** When no id is left: end the quarantine that has gone on for the longest instead of refusing. */
  readonly reuse?: boolean;
  /** Milliseconds since any fixed moment, never going back. */
  readonly now: () => number;
}

/** An id and the name that has it. */
export interface IdHold {
  readonly name: string;
  readonly id: number;
}

/** Every id is taken or in quarantine. */
export class IdsExhaustedError extends MapsError {
  override readonly name = 'IdsExhaustedError';
  readonly space: string;
  readonly max: number;
  readonly used: number;
  readonly quarantined: number;
  constructor({ label: space, max, knob }: IdSpaceOptions, used: number, quarantined: number) {
    const held = quarantined === 0 ? '' : ` and ${quarantined} freed ones are in quarantine`;
    const advice =
      quarantined === 0
        ? `lower the number of ${space}s or raise`
        : 'wait, shorten quarantineSeconds or raise';
    super(
      'LBX_IDS_EXHAUSTED',
      `no ${space} id is left: ${used} of ${max} are in use${held}; ${advice} ${knob}`,
    );
    this.space = space;
    this.max = max;
    this.used = used;
    this.quarantined = quarantined;
  }
}

interface Held extends IdHold {
  /** When its quarantine ends; 0 while the name is in use, Infinity once the id was taken from the name. */
  freeAt: number;
  /** Entries in the maps may have the id still: its quarantine is never cut short. */
  readonly found?: true;
}

interface Quarantine {
  readonly held: Held;
  readonly until: number;
}

/**
 * Ids from 1 up under names, next = last + 1, wrapping at `max`. A freed id stays with its name during its quarantine:
 * the name gets the same id when it comes back, any other name gets the id only afterwards.
 */
export class IdSpace {
  readonly #options: IdSpaceOptions;
  readonly #byName = new Map<string, Held>();
  readonly #byId = new IdMap<Held>();
  /** Quarantines in the order of their ends; those of names that were taken again are skipped. */
  #quarantines: Quarantine[] = [];
  /** How many of them are over. */
  #ended = 0;
  #quarantined = 0;
  #last = 0;

  constructor(options: IdSpaceOptions) {
    this.#options = options;
  }

  get label(): string {
    return this.#options.label;
  }

  /** Number of ids in use. */
  get size(): number {
    return this.#byName.size - this.#quarantined;
  }

  /** Number of freed ids that are kept from other names. */
  get quarantined(): number {
    this.#endQuarantines(this.#options.now());
    return this.#quarantined;
  }

  /**
   * Milliseconds until a name can have an id that is not its own: 0 when there is one, undefined while all are in use,
   * or found in the maps, and only `release` gives one back.
   */
  get freeIn(): number | undefined {
    const now = this.#options.now();
    this.#endQuarantines(now);
    if (this.#byId.size < this.#options.max) return 0;
    const first = this.#quarantines[this.#ended];
    if (first === undefined) return undefined;
    return this.#oldestFreed() === undefined ? first.until - now : 0;
  }

  /** The highest id that is handed out. */
  get max(): number {
    return this.#options.max;
  }

  /** The id of a name; a new one when it has none. Throws IdsExhaustedError (`LBX_IDS_EXHAUSTED`). */
  take(name: string): IdHold {
    let held = this.#byName.get(name);
    if (held === undefined) {
      held = { name, id: this.#next(), freeAt: 0 };
      this.#add(held);
      this.#last = held.id;
    }
    this.use(held);
    return held;
  }

  /**
   * Takes what `take` returned once more, out of its quarantine if need be. False when the id was taken from its name for
   * good (its quarantine is over and it was needed): take another.
   */
  use(hold: IdHold): boolean {
    const held = hold as Held;
    if (held.freeAt !== 0) {
      if (held.freeAt === Infinity) return false;
      held.freeAt = 0;
      this.#quarantined--;
    }
    return true;
  }

  /** The id of a name that is in use, without taking one. */
  find(name: string): number | undefined {
    const held = this.#byName.get(name);
    return held === undefined || held.freeAt !== 0 ? undefined : held.id;
  }

  /** The name that an id is in use for. */
  nameOf(id: number): string | undefined {
    const held = this.#byId.get(id);
    return held === undefined || held.freeAt !== 0 ? undefined : held.name;
  }

  /** Frees the id of a name; its quarantine begins. */
  release(name: string): void {
    const held = this.#byName.get(name);
    if (held !== undefined && held.freeAt === 0) this.#free(held);
  }

  /** Names and ids in use. */
  *entries(): IterableIterator<[string, number]> {
    for (const held of this.#byName.values()) if (held.freeAt === 0) yield [held.name, held.id];
  }

  /** Binds a name to an id found in the maps. False (and nothing changes) when either is bound already. */
  restore(name: string, id: number): boolean {
    if (id < 1 || id > this.#options.max || this.#byId.has(id) || this.#byName.has(name)) return false;
    this.#add({ name, id, freeAt: 0 });
    this.#last = Math.max(this.#last, id);
    return true;
  }

  /** Puts an id found in the maps under no usable name into quarantine. */
  reserve(id: number): void {
    if (id < 1 || id > this.#options.max || this.#byId.has(id)) return;
    const held: Held = { name: `#${id}`, id, freeAt: 0, found: true };
    this.#add(held);
    this.#free(held);
    this.#last = Math.max(this.#last, id);
  }

  /** Releases every name that is not in `names`. */
  retain(names: { has(name: string): boolean }): void {
    for (const held of this.#byName.values())
      if (held.freeAt === 0 && !names.has(held.name)) this.#free(held);
  }

  #add(held: Held): void {
    this.#byName.set(held.name, held);
    this.#byId.set(held.id, held);
  }

  #free(held: Held): void {
    const now = this.#options.now();
    this.#endQuarantines(now);
    const until = Math.max(now + this.#options.quarantineSeconds * 1000, Number.MIN_VALUE);
    held.freeAt = until;
    this.#quarantined++;
    this.#quarantines.push({ held, until });
    // Names that come and go leave a record each time, which would stay until the oldest quarantine ends.
    if (this.#quarantines.length > 2 * this.#quarantined + 64) {
      this.#quarantines = this.#quarantines.filter((record) => record.held.freeAt === record.until);
      this.#ended = 0;
    }
  }

  #next(): number {
    const { max } = this.#options;
    // Below the end of the range the next id is new and nothing has to be looked for.
    if (this.#last < max && !this.#byId.has(this.#last + 1)) return this.#last + 1;
    this.#endQuarantines(this.#options.now());
    if (this.#byId.size >= max) {
      const freed = this.#oldestFreed();
      if (freed === undefined) throw new IdsExhaustedError(this.#options, this.size, this.#quarantined);
      this.#forget(freed);
      return freed.id;
    }
    let id = this.#last;
    do id = id >= max ? 1 : id + 1;
    while (this.#byId.has(id));
    return id;
  }

  /** Forgets names whose quarantine is over: those that come and go for ever must not stay in memory for ever. */
  #endQuarantines(now: number): void {
    const quarantines = this.#quarantines;
    for (; this.#ended < quarantines.length; this.#ended++) {
      const { held, until } = quarantines[this.#ended]!;
      if (held.freeAt !== until) continue;
      if (until > now) break;
      this.#forget(held);
    }
    if (this.#ended * 2 <= quarantines.length) return;
    this.#quarantines = quarantines.slice(this.#ended);
    this.#ended = 0;
  }
  /** The id that may go to another name before its quarantine is over. */
  #oldestFreed(): Held | undefined {
    if (this.#options.reuse !== true) return undefined;
    for (let at = this.#ended; at < this.#quarantines.length; at++) {
      const { held, until } = this.#quarantines[at]!;
      if (held.freeAt === until && held.found !== true) return held;
    }
    return undefined;
  }

  #forget(held: Held): void {
    this.#byName.delete(held.name);
    this.#byId.delete(held.id);
    this.#quarantined--;
    held.freeAt = Infinity;
  }
}
