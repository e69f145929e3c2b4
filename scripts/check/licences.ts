// Bills of materials can be made and are what CycloneDX says they are, every licence in them is one that was looked at, and docs/third-party-licences.md is true.
import { readFileSync } from 'node:fs';
import { type Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { type BillOfMaterials, billsOfMaterials, licenceOf, nameOf } from '../release/bill-of-materials.ts';
import { publicPackages } from '../release/public-packages.ts';
import { thirdPartyLicences } from '../release/third-party-licences.ts';
import type { Step } from './step.ts';

/** Licences that go with ours. */
const known = [
  '(GPL-2.0-only OR BSD-2-Clause) AND Apache-2.0',
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
];
const page = 'docs/third-party-licences.md';

export const licences: Step = {
  name: 'licences',
  run: async () => {
    const bills = billsOfMaterials();
    const problems = [...checkBills(bills), ...(await validate(bills)), ...checkFiles()];
    if (readFileSync(page, 'utf8') !== thirdPartyLicences(bills))
      problems.push(
        `${page} is out of date: run \`node scripts/release/licences.ts\` and look at what changed`,
      );
    return problems;
  },
};

function checkBills(bills: readonly BillOfMaterials[]): string[] {
  const problems: string[] = [];
  const described = new Set(bills.map(({ metadata }) => nameOf(metadata.component)));
  for (const { name } of publicPackages())
    if (!described.has(name)) problems.push(`${name} has no bill of materials`);
  for (const { metadata, components = [] } of bills)
    for (const component of components)
      if (!known.includes(licenceOf(component)))
        problems.push(
          `${nameOf(metadata.component)} brings ${nameOf(component)} along, whose licence is ${licenceOf(component)}; if that is right, add it to scripts/check/licences.ts`,
        );
  return problems;
}

/** By the strict schema of the version that they say they are of. */
async function validate(bills: readonly BillOfMaterials[]): Promise<string[]> {
  const problems: string[] = [];
  for (const bill of bills) {
    const validator = new Validation.JsonStrictValidator(bill.specVersion as Spec.Version);
    const found = await validator.validate(JSON.stringify(bill));
    if (found !== null)
      problems.push(`the bill of materials of ${nameOf(bill.metadata.component)}: ${JSON.stringify(found)}`);
  }
  return problems;
}

/** Each package has the text of its licence with it; npm packs a file LICENSE always. */
function checkFiles(): string[] {
  const apache = readFileSync('LICENSE-APACHE', 'utf8');
  return publicPackages()
    .filter(({ folder }) => folder !== 'bpf' && readFileSync(`${folder}/LICENSE`, 'utf8') !== apache)
    .map(({ folder }) => `${folder}/LICENSE is not the text of LICENSE-APACHE`);
}
