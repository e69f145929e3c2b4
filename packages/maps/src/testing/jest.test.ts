import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

// In a process of its own, without vitest: it keeps its matchers in the same global place as jest.
it("jest's expect takes the matchers", () => {
  const script = `
    import { expect } from 'expect';
    import { createMemoryTables } from '@lbx/maps';
    import '@lbx/maps/testing/jest';
    const tables = createMemoryTables();
    tables.lb4_reverse_nat.set({ revNatId: 1 }, { address: '198.51.100.1', port: 80 });
    expect(tables).toHoldEntries('lb4_reverse_nat rev=1 => 198.51.100.1:80');
    expect(tables).not.toHoldEntries('lb4_reverse_nat rev=1 => 198.51.100.1:81');
    try {
      expect(tables).toHoldService({ name: 'web', frontends: ['198.51.100.1:80/TCP'], backends: [] });
    } catch (error) {
      console.log(error.message);
    }`;
  const args = ['--conditions=@lbx/source', '--no-warnings', '--input-type=module', '--eval', script];
  const said = execFileSync(process.execPath, args, { encoding: 'utf8', cwd: import.meta.dirname });
  expect(said).toBe('expected: the maps hold the service web\n198.51.100.1:80/TCP\n  is not there\n');
});
