import { type ApiServer, describeKubectl, startApiServer } from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { lookHere } from './look.ts';

const account = 'doctor';
const user = `system:serviceaccount:default:${account}`;
const ids = ['api-server', 'api-credentials', 'api-rights', 'node-object', 'clock'];

describeKubectl('lbx doctor in a cluster with RBAC', () => {
  const stack = new DisposableStack();
  let server: ApiServer;
  let kubeconfig: string;
  beforeAll(async () => {
    server = stack.use(await startApiServer({ authorization: 'RBAC' }));
    server.kubectl(['create', 'serviceaccount', account]);
    const token = server.kubectl(['create', 'token', account]).trim();
    const folder = stack.use(temporaryFolder({ token }));
    kubeconfig = server.writeKubeconfig({ tokenFile: folder.file('token') });
    await server.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' } });
    const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }];
    await server.patch(
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' } },
      { status: { addresses } },
      'status',
    );
  });
  afterAll(() => stack.dispose());
  const look = async (node = 'node-a') =>
    (await Promise.all(ids.map((id) => lookHere(id, { kubeconfig, node })))).flat();
  const short = async (node?: string) =>
    (await look(node)).map(({ id, about, status }) => [id, about, status].filter(Boolean).join(' '));

  it('an account without any right, then with those of one Node only', async () => {
    expect(await short()).toEqual([
      'api-server ok',
      'api-credentials ok',
      'api-rights services fail',
      'api-rights endpointslices fail',
      'api-rights nodes fail',
      'node-object skipped',
      'clock ok',
    ]);
    expect(await look()).toContainEqual(expect.objectContaining({ found: `accepted as ${user}` }));
    const verbs = ['list', 'watch'];
    await server.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: account },
      rules: [
        { apiGroups: [''], resources: ['services'], verbs },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
        { apiGroups: [''], resources: ['nodes'], resourceNames: ['node-a'], verbs },
      ],
    });
    server.kubectl([
      'create',
      'clusterrolebinding',
      account,
      `--clusterrole=${account}`,
      `--serviceaccount=default:${account}`,
    ]);
    await expect.poll(() => short()).toEqual(ids.map((id) => `${id} ok`));
    // The right to another Node is not there, and neither is what it says.
    expect(await short('node-b')).toEqual([
      'api-server ok',
      'api-credentials ok',
      'api-rights nodes fail',
      'node-object skipped',
      'clock ok',
    ]);
  });

  it('nobody, and somebody whose token is not one', async () => {
    const folder = stack.use(temporaryFolder({ token: 'nonsense' }));
    const wrong = server.writeKubeconfig({ tokenFile: folder.file('token') });
    expect(await lookHere('api-credentials', { kubeconfig: wrong })).toMatchObject([
      { status: 'fail', found: expect.stringContaining('401') },
    ]);
    expect(await lookHere('api-server', { kubeconfig: wrong })).toMatchObject([{ status: 'ok' }]);
    const anonymous = stack.use(temporaryFolder({ config: kubeconfigText(server.url, server.ca, {}) }));
    expect(await lookHere('api-credentials', { kubeconfig: anonymous.file('config') })).toMatchObject([
      { status: 'fail', found: expect.stringContaining('system:anonymous') },
    ]);
  });
});
