import { type FakeObject, fieldText } from './fake-object.ts';
import type { FakeResource } from './fake-resource.ts';

export type Selector = (object: FakeObject) => boolean;

/** A selector that the server does not understand; the message is what a real one answers with status 400. */
export class UnknownSelector extends Error {
  override readonly name = 'UnknownSelector';
}

/** Both selectors of a request. @throws UnknownSelector */
export function parseSelectors(query: URLSearchParams, resource: FakeResource): Selector {
  const tests = [
    ...split(query.get('labelSelector')).map(labelTest),
    ...split(query.get('fieldSelector')).map((term) => fieldTest(term, resource)),
  ];
  return (object) => tests.every((test) => test(object));
}

/** At commas outside of parentheses. */
function split(selector: string | null): string[] {
  return (selector ?? '')
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}

function labelTest(term: string): Selector {
  const value = (object: FakeObject, label: string) => object.metadata.labels?.[label];
  const set = /^(\S+)\s+(in|notin)\s+\((.*)\)$/.exec(term);
  if (set !== null) {
    const values = set[3]!.split(',').map((text) => text.trim());
    const wanted = set[2] === 'in';
    return (object) => values.includes(value(object, set[1]!) ?? '\0') === wanted;
  }
  const equal = /^([^=!]+)(==?|!=)(.*)$/.exec(term);
  if (equal !== null) {
    const wanted = equal[2] !== '!=';
    return (object) => (value(object, equal[1]!.trim()) === equal[3]!.trim()) === wanted;
  }
  return term.startsWith('!')
    ? (object) => value(object, term.slice(1)) === undefined
    : (object) => value(object, term) !== undefined;
}

function fieldTest(term: string, resource: FakeResource): Selector {
  const parts = /^([^=!]+)(==?|!=)(.*)$/.exec(term);
  if (parts === null) throw new UnknownSelector(`invalid selector: '${term}'; can't understand '${term}'`);
  const [, field, operator, wanted] = parts;
  const known = ['metadata.name', 'metadata.namespace', ...(resource.selectableFields ?? [])];
  if (!known.includes(field!)) throw new UnknownSelector(`field label not supported: ${field}`);
  return (object) => (fieldText(object, field!) === wanted) === (operator !== '!=');
}
