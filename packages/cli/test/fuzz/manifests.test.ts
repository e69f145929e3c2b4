import { readFileSync } from 'node:fs';
import { createTranslator, parseManifest } from '@lbx/k8s-sync';
import { createIds, project } from '@lbx/maps';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { manifests } from '../run.ts';
import { expectNoPollution, fuzz, fuzzMs, mutated, nastyValue } from './fuzz.ts';

const web = readFileSync(`${manifests}/web.yaml`, 'utf8');
const documents = web.split(/^---$/m);
const objects = parseManifest(web, 'web.yaml').objects.map(({ object }) => object);
const json = objects.map((object) => JSON.stringify(object));

/** Translates objects as they come, and lays out their entries; what it cannot use it has to tell as a problem. */
function use(found: readonly { readonly kind: never; readonly object: object }[]): void {
  const translator = createTranslator({ nodeName: 'node-a' });
  for (const { kind, object } of found) translator.apply({ type: 'upsert', kind, object });
  const translation = translator.translate();
  for (const { message } of translation.problems) expect(message.length).toBeLessThan(10_000);
  project(translation.frontends, { nodeAddresses: translation.nodeAddresses }, createIds());
}

it.each([
  ['YAML', 'x.yaml', documents],
  ['JSON', 'x.json', [...json, `{"kind":"List","items":[${json.join(',')}]}`]],
])(
  'nearly a manifest (%s): what can be read is used, the rest is told',
  { timeout: fuzzMs },
  (_, file, texts) => {
    fuzz(mutated(texts), (text) => {
      const { objects: found, problems } = parseManifest(text, file);
      for (const { code, message } of problems) {
        expect(code).toBe('LBX_BAD_MANIFEST');
        expect(message.length).toBeLessThan(10_000);
      }
      use(found as never);
      expectNoPollution();
    });
  },
);

/** A field of an object, at any depth, with another value. */
const spoilt = fc
  .tuple(fc.nat(objects.length - 1), fc.array(fc.nat(30), { minLength: 1, maxLength: 6 }), nastyValue)
  .map(([i, path, value]) => {
    const object = structuredClone(objects[i]!) as Record<string, unknown>;
    let at = object;
    path.forEach((step, depth) => {
      const names = Object.keys(at);
      if (names.length === 0) return;
      const name = names[step % names.length]!;
      const next = at[name];
      if (depth < path.length - 1 && typeof next === 'object' && next !== null)
        at = next as Record<string, unknown>;
      else
        Object.defineProperty(at, name, {
          value: structuredClone(value),
          enumerable: true,
          configurable: true,
          writable: true,
        });
    });
    return object;
  });

it('objects with fields of any kind are used as far as they can be', { timeout: fuzzMs }, () => {
  fuzz(fc.array(spoilt, { minLength: 1, maxLength: 3 }), (values) => {
    const { objects: found } = parseManifest(JSON.stringify({ kind: 'List', items: values }), 'x.json');
    use(found as never);
    expectNoPollution();
  });
});
