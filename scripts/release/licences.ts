// Writes docs/third-party-licences.md.
import { writeFileSync } from 'node:fs';
import { billsOfMaterials } from './bill-of-materials.ts';
import { thirdPartyLicences } from './third-party-licences.ts';

writeFileSync('docs/third-party-licences.md', thirdPartyLicences(billsOfMaterials()));
