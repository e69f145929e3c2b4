import { describe, expect, it } from 'vitest';
import { manifests, run } from '../../test/run.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';

const web = `apiVersion: lbx/v1
kind: Service
name: shop/web
frontends: [198.51.100.1:80/TCP]
backends: [192.0.2.10:8080, 192.0.2.11:8080]
`;
const pins = ['--pins', '/nonexistent/lbx'];
const dry = (...args: string[]) => run(['apply', ...args, '--dry-run', ...pins]);

describe('lbx apply --dry-run', () => {
  it('shows the change and the writes in their order', async () => {
    using folder = temporaryFolder({ 'web.yaml': web });
    const { code, err, lines } = await dry(folder.file('web.yaml'));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(lines[0]).toMatch(/^7 writes would be made, against empty maps \(.*\); nothing was changed$/);
    expect(lines).toContain('+ 198.51.100.1:80/TCP  LoadBalancer  shop/web');
    const writes = lines.slice(lines.indexOf('in this order:') + 1);
    expect(writes[0]).toBe('+ lb4_backends_v3 id=1 => 192.0.2.10:8080/TCP active');
    expect(writes).toHaveLength(7);
  });

  it('takes folders and files, Kubernetes and own services together', async () => {
    using folder = temporaryFolder({ 'web.yaml': web });
    const { code, out } = await dry(folder.path, manifests, '--node', 'node-a');
    expect(code).toBe(0);
    expect(out).toContain('+ 198.51.100.1:80/TCP  LoadBalancer  shop/web');
    expect(out).toContain('+ 198.51.100.80:80/TCP  LoadBalancer  shop/web');
  });

  it('plan reads the same files', async () => {
    using folder = temporaryFolder({ 'web.yaml': web });
    const { code, lines } = await run(['plan', folder.path, '--node', 'n']);
    expect(code).toBe(0);
    expect(lines.at(-1)).toBe('7 writes for 1 frontends');
  });

  it('a broken file is told with its line, the others count; with --prune nothing does', async () => {
    using folder = temporaryFolder({
      'a.yaml': web,
      'b.yaml': web.replace('10:8080', '10:80800').replace('web', 'b'),
    });
    const { code, err, out } = await dry(folder.path);
    expect(code).toBe(3);
    expect(err).toMatch(
      /^problem: b\.yaml:5:12: service shop\/b: backends\[0\]: "192\.0\.2\.10:80800" is no backend/,
    );
    expect(out).toContain('shop/web');
    const pruned = await dry(folder.path, '--prune');
    expect(pruned).toMatchObject({ code: 3, out: '' });
    expect(pruned.err).toContain('nothing was changed');
  });

  it.each([
    ['manifests without a node', [manifests], 2, /--node NAME/],
    ['what is not there', ['/nonexistent/web.yaml'], 3, /cannot read/],
  ])('%s', async (_, args, code, message) => {
    const ran = await dry(...args);
    expect(ran.code).toBe(code);
    expect(ran.err).toMatch(message);
  });
});
