import type { Entry } from '../project/entry.ts';

/**
 * One write: `set` puts an entry, whatever was there; `delete` removes one. `frontend` is the name of the frontend that it
 * belongs to: when one of its operations fails, the later ones must not be done. Backends and wildcards belong to none.
 */
export type Op = ({ readonly op: 'set' } & Entry) | ({ readonly op: 'delete' } & Omit<Entry, 'value' | 'op'>);
