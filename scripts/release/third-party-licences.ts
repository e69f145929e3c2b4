import { type BillOfMaterials, licenceOf, nameOf } from './bill-of-materials.ts';

/** One of several packages with the native part of koffi for one machine each; koffi stands for them. */
const isForOneMachine = (name: string) => name.startsWith('@koromix/koffi-');
const isOurs = (name: string) => name.startsWith('@lbx/') || name === 'libbpf-ts';

/** docs/third-party-licences.md: every package of others that an installation brings along. */
export function thirdPartyLicences(bills: readonly BillOfMaterials[]): string {
  const rows = new Map<string, { licence: string; users: string[] }>();
  for (const { metadata, components = [] } of bills) {
    for (const component of components) {
      const name = nameOf(component);
      if (isOurs(name) || isForOneMachine(name)) continue;
      const key = `${name} ${component.version}`;
      const row = rows.get(key) ?? { licence: licenceOf(component), users: [] };
      row.users.push(nameOf(metadata.component));
      rows.set(key, row);
    }
  }
  const byName = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    '# Licences of what lbx brings along',
    '',
    'Installing a package of lbx installs these packages of others. Written by `node scripts/release/licences.ts` from the',
    'lockfile; `npm run check -- licences` fails when it is out of date, or when a licence comes that nobody has looked at.',
    '',
    '| package | licence | comes with |',
    '|---|---|---|',
    ...byName.map(([key, { licence, users }]) => `| ${key} | ${licence} | ${users.join(', ')} |`),
    '',
    "lbx's own licences are in each package's `LICENSE`. libbpf (LGPL-2.1 or BSD-2-Clause) is not among these: it is the",
    "distribution's, loaded when it is needed.",
    '',
  ].join('\n');
}
