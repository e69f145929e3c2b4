// Writes into each public package which repository it comes from, as GitHub Actions says: provenance is refused for any
// other. Not kept in the checkout, so that a fork publishes under its own name.
import { readFileSync, writeFileSync } from 'node:fs';
import { publicPackages } from './public-packages.ts';

const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;
if (server === undefined || repository === undefined) {
  console.error(
    'name-repository: GITHUB_SERVER_URL and GITHUB_REPOSITORY are not set; this is run by the release workflow',
  );
  process.exit(2);
}
const url = `${server}/${repository}`;
for (const { folder } of publicPackages()) {
  const file = `${folder}/package.json`;
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
  const named = {
    ...manifest,
    homepage: `${url}/tree/main/${folder}#readme`,
    bugs: `${url}/issues`,
    repository: { type: 'git', url: `git+${url}.git`, directory: folder },
  };
  writeFileSync(file, `${JSON.stringify(named, null, 2)}\n`);
}
