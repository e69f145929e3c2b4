import { expect, it } from 'vitest';
import { type BillOfMaterials, type Component, licenceOf } from './bill-of-materials.ts';
import { thirdPartyLicences } from './third-party-licences.ts';

const component = (name: string, version: string, licence?: string, group?: string): Component => ({
  name,
  version,
  purl: `pkg:npm/${name}@${version}`,
  ...(group === undefined ? {} : { group }),
  ...(licence === undefined ? {} : { licenses: [{ license: { id: licence } }] }),
});
const bill = (name: string, ...components: Component[]): BillOfMaterials => ({
  bomFormat: 'CycloneDX',
  specVersion: '1.7',
  metadata: { component: component(name, '0.1.0', 'Apache-2.0', '@lbx') },
  components,
});

it('names each package of others once, with all that bring it along', () => {
  const page = thirdPartyLicences([
    bill('cli', component('yaml', '2.9.1', 'ISC'), component('maps', '0.1.0', 'Apache-2.0', '@lbx')),
    bill(
      'core',
      component('koffi', '3.3.4', 'MIT'),
      component('koffi-linux-x64', '3.3.4', 'MIT', '@koromix'),
    ),
    bill('k8s-sync', component('yaml', '2.9.1', 'ISC'), component('yaml', '1.0.0')),
  ]);
  expect(page.split('\n').filter((line) => /^\| (?!package)/.test(line))).toEqual([
    '| koffi 3.3.4 | MIT | @lbx/core |',
    '| yaml 1.0.0 | unknown | @lbx/k8s-sync |',
    '| yaml 2.9.1 | ISC | @lbx/cli, @lbx/k8s-sync |',
  ]);
});

it.each<[Component['licenses'], string]>([
  [undefined, 'unknown'],
  [[], 'unknown'],
  [[{}], 'unknown'],
  [[{ expression: 'MIT OR ISC' }], 'MIT OR ISC'],
  [[{ license: { name: 'see file' } }, { license: { id: 'MIT' } }], 'see file and MIT'],
])('the licence of %j', (licenses, text) => {
  expect(licenceOf({ ...component('a', '1'), ...(licenses === undefined ? {} : { licenses }) })).toBe(text);
});
