import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

let loaded: typeof import('yaml') | undefined;
let fast: typeof import('js-yaml') | undefined;

/** The parsers are loaded when the first text is to be parsed: many never have one, and it takes longer than all else here. */
export function yaml(): typeof import('yaml') {
  loaded ??= load('yaml') as typeof import('yaml');
  return loaded;
}

/** The one for plain texts without mistakes. */
export function jsYaml(): typeof import('js-yaml') {
  fast ??= load('js-yaml') as typeof import('js-yaml');
  return fast;
}
