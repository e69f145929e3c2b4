import { Attr, command } from './bpf.ts';
import { errnoNumber } from './errno.ts';

const ENOENT = errnoNumber('ENOENT');

type IdKind = 'map' | 'program' | 'link';

const nextId = {
  map: command.mapGetNextId,
  program: command.progGetNextId,
  link: command.linkGetNextId,
} as const;

/**
 * Ids of everything of a kind that is in the kernel now, ascending. Needs CAP_SYS_ADMIN: gives a negative errno as
 * its only element otherwise, so that callers can say what they were about to do.
 */
export function* kernelIds(kind: IdKind): Generator<number> {
  const attr = new Attr();
  for (let id = 0; ; ) {
    const result = attr.u32(0, id).run(nextId[kind]);
    if (result === -ENOENT) return;
    if (result < 0) {
      yield result;
      return;
    }
    id = attr.readU32(4);
    yield id;
  }
}
