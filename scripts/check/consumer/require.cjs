// Every entry point by require(): the same names as by import, and the same classes from each entry point of a package.
const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');

(async () => {
  for (const entry of JSON.parse(readFileSync('entries.json', 'utf8'))) {
    const names = (exported) =>
      Object.keys(exported)
        .filter((name) => name !== 'default' && name !== '__esModule' && name !== 'module.exports')
        .sort();
    assert.deepEqual(names(require(entry)), names(await import(entry)), entry);
  }
  const { FormatError } = require('libbpf-ts/btf');
  assert.ok(FormatError !== undefined && FormatError === require('libbpf-ts/elf').FormatError);
})();
