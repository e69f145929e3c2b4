import { execFileSync } from 'node:child_process';
import { describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';
import { objectPath } from './link-world.ts';

/** Runs a script after giving up root, and gives what it caught. */
function asNobody(script: string): { code: string; hint?: string } {
  const source = `
    import { BpfMap, features, Link, listLinks, load } from 'libbpf-ts';
    import koffi from 'koffi';
    import { readFileSync } from 'node:fs';
    features.haveMapType('hash');
    // Read while it is root: a checkout may lie where nobody may look.
    const pinned = readFileSync(${JSON.stringify(objectPath('pinned'))});
    process.setgid(65534);
    process.setuid(65534);
    try { ${script} } catch ({ code, hint }) { console.log(JSON.stringify({ code, hint })); }`;
  const options = ['--conditions=@lbx/source', '--input-type=module', '-e', source];
  const output = execFileSync(process.execPath, options, {
    encoding: 'utf8',
    cwd: import.meta.dirname,
    timeout: 20_000,
  });
  return JSON.parse(output);
}

describeKernel('without root', () => {
  test.each([
    [
      'making a map',
      "BpfMap.create({ type: 'hash', keySize: 4, valueSize: 4, maxEntries: 1 })",
      /lacks CAP_BPF: run it as root/,
    ],
    ['loading', 'load(pinned, { maps: { pinned_counts: { pin: false } } })', /lacks CAP_BPF/],
    ['opening a map by id', 'BpfMap.fromId(1)', /lacks CAP_SYS_ADMIN/],
    ['opening a link by id', 'Link.fromId(1)', /lacks CAP_SYS_ADMIN/],
    ['listing links', 'listLinks()', /lacks CAP_SYS_ADMIN/],
  ])('%s is EPERM, and the missing capability is named', (_name, script, hint) => {
    expect(asNobody(script)).toEqual({ code: 'EPERM', hint: expect.stringMatching(hint) });
  });
});
