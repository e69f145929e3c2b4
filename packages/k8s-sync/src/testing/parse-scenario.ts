import { type Document, LineCounter, parseAllDocuments } from 'yaml';
import { objectKindOf } from '../sources/object-kind.ts';
import {
  type Expected,
  expectedLists,
  type ObjectReference,
  type Scenario,
  type ScenarioNode,
  type ScenarioOptions,
  type ScenarioStep,
} from './scenario.ts';
import { ScenarioError } from './scenario-error.ts';
import { fieldsOf, type ScenarioFields } from './scenario-fields.ts';

/**
 * Reads a scenario: a header document (node, options), then one document a step. Nothing is left to guess: an unknown
 * key, a step that expects nothing, or a value of the wrong type is an error that names file and line.
 *
 * @throws ScenarioError
 */
export function parseScenario(text: string, file: string): Scenario {
  const counter = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: counter,
    prettyErrors: false,
    logLevel: 'silent',
  });
  if (!Array.isArray(documents) || documents.length === 0) throw new ScenarioError(file, 1, 'is empty');
  const lineOf = (at: number) => counter.linePos(at).line;
  const read = (document: Document.Parsed): ScenarioFields => {
    const line = lineOf(document.contents?.range?.[0] ?? document.range[0]);
    const [error] = document.errors;
    if (error !== undefined) throw new ScenarioError(file, lineOf(error.pos[0]), error.message);
    return fieldsOf(document.toJS(), file, line);
  };
  const [first, ...rest] = documents as Document.Parsed[];
  const header = read(first!);
  if (header.has('step')) header.fail('begins with a step; a header with `node: {name: …}` comes first');
  const orderMatters = header.string('orderMatters');
  const restartMatters = header.string('restartMatters');
  const scenario: Scenario = {
    file,
    node: nodeOf(header),
    options: optionsOf(header),
    found: linesOf(header.text('found') ?? ''),
    ...(orderMatters === undefined ? {} : { orderMatters }),
    ...(restartMatters === undefined ? {} : { restartMatters }),
    steps: rest.map((document) => stepOf(read(document))),
  };
  header.end();
  if (scenario.steps.length === 0) header.fail('has no steps: add a document with `step:` and `expect:`');
  return scenario;
}

function nodeOf(header: ScenarioFields): ScenarioNode {
  const fields = header.fields('node') ?? header.fail('`node: {name: …}` is missing');
  const name = fields.string('name') ?? fields.fail('node: `name` is missing');
  const zone = fields.string('zone');
  const addresses = fields.strings('addresses');
  fields.end('node: ');
  return { name, ...(zone === undefined ? {} : { zone }), ...(addresses === undefined ? {} : { addresses }) };
}

function optionsOf(header: ScenarioFields): ScenarioOptions {
  const fields = header.fields('options');
  if (fields === undefined) return {};
  const maxEntries = fields.fields('maxEntries');
  const options = {
    algorithm: fields.oneOf('algorithm', ['random', 'maglev']),
    maglevSize: fields.number('maglevSize'),
    forwarding: fields.oneOf('forwarding', ['snat', 'dsr', 'hybrid']),
    wildcards: fields.boolean('wildcards'),
    externalClusterIP: fields.boolean('externalClusterIP'),
    nodePortRange: fields.numbers('nodePortRange') as [number, number] | undefined,
    nodePortAddresses: fields.strings('nodePortAddresses'),
    loadBalancerClasses: fields.strings('loadBalancerClasses'),
    maxEntries:
      maxEntries && Object.fromEntries(maxEntries.keys().map((key) => [key, maxEntries.number(key)!])),
    maxFrontendId: fields.number('maxFrontendId'),
    maxBackendId: fields.number('maxBackendId'),
    quarantineSeconds: fields.seconds('quarantine'),
  };
  fields.end('options: ');
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as ScenarioOptions;
}

function stepOf(fields: ScenarioFields): ScenarioStep {
  const text = fields.string('step') ?? fields.fail('`step:` is missing: say what happens');
  const addresses = fields.strings('addresses');
  const told = fields.strings('told');
  const restart = fields.boolean('restart') ?? false;
  const step: ScenarioStep = {
    text,
    line: fields.line,
    restart,
    seconds: fields.seconds('wait') ?? 0,
    apply: objectsOf(fields, 'apply'),
    patch: objectsOf(fields, 'patch'),
    delete: (fields.strings('delete') ?? []).map((reference) => referenceOf(reference, fields)),
    synced: fields.boolean('synced') ?? (restart && told === undefined),
    expected: expectedOf(fields),
    ...(addresses === undefined ? {} : { addresses }),
    ...(told === undefined ? {} : { told }),
  };
  fields.end();
  return step;
}

function objectsOf(fields: ScenarioFields, key: 'apply' | 'patch'): object[] {
  return fields.objects(key).map((object) => {
    const { kind, apiVersion } = object as { kind?: string; apiVersion?: string };
    const found = objectKindOf(
      key === 'patch' && apiVersion === undefined ? withApiVersion(kind, object) : object,
    );
    if (typeof found !== 'string') fields.fail(`${key}: ${found.field} ${found.reason}`);
    return object;
  });
}

/** A patch need not repeat it. */
function withApiVersion(kind: string | undefined, object: object): object {
  return { ...object, apiVersion: kind === 'EndpointSlice' ? 'discovery.k8s.io/v1' : 'v1' };
}

function referenceOf(text: string, fields: ScenarioFields): ObjectReference {
  const match = /^(?<kind>\w+) (?:(?<namespace>[^/ ]+)\/)?(?<name>[^/ ]+)$/.exec(text)?.groups;
  if (match === undefined) fields.fail(`delete: ${text} should read "Service default/web" or "Node node-a"`);
  const found = objectKindOf(withApiVersion(match.kind, { kind: match.kind }));
  if (typeof found !== 'string') fields.fail(`delete: ${text}: ${found.field} ${found.reason}`);
  return { kind: found, namespace: match.namespace ?? '', name: match.name! };
}

function expectedOf(fields: ScenarioFields): Expected {
  const whole = fields.text('expect');
  const changes = fields.text('changes');
  if ((whole === undefined) === (changes === undefined))
    fields.fail(
      'give one of: `expect: |` with all lines of the dump, `changes: |` with those that come and go, `expect: unchanged`, `expect: empty`',
    );
  const text = (whole ?? changes)!;
  const lines = text === 'empty' ? [] : linesOf(text);
  const odd = changes === undefined ? undefined : lines.find((line) => !/^[+-] /.test(line));
  if (odd !== undefined) fields.fail(`changes: ${odd} should begin with "+ " or "- "`);
  const lists = Object.fromEntries(expectedLists.map((key) => [key, fields.strings(key) ?? []]));
  return {
    ...(lists as Omit<Expected, 'dump'>),
    dump:
      whole?.trim() === 'unchanged'
        ? { kind: 'unchanged' }
        : { kind: whole === undefined ? 'changes' : 'whole', lines },
  };
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');
