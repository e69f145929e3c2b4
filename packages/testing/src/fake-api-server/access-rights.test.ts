import { afterEach, expect, it } from 'vitest';
import { fakeUser } from './access-rights.ts';
import { createFakeApiServer, type FakeApiServer } from './fake-api-server.ts';

let api: FakeApiServer;
afterEach(() => api.close());

const post = async (path: string, body: string) => {
  const response = await fetch(`${api.url}${path}`, { method: 'POST', body });
  return { status: response.status, body: (await response.json()) as { status: unknown; message?: string } };
};
const mayI = async (resourceAttributes: object) =>
  (
    await post(
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      JSON.stringify({ kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } }),
    )
  ).body.status;
const statusOf = async (path: string) => (await fetch(`${api.url}${path}`)).status;

it('a server says what its clients may do, and keeps to it', async () => {
  api = await createFakeApiServer({
    allows: ({ verb, resource, name }) => verb === 'list' && (resource !== 'nodes' || name === 'node-a'),
  });
  expect(await mayI({ verb: 'list', resource: 'services' })).toMatchObject({ allowed: true });
  expect(await mayI({ verb: 'watch', resource: 'services' })).toMatchObject({ allowed: false });
  expect(await mayI({ verb: 'list', resource: 'nodes' })).toMatchObject({ allowed: false });
  expect(await mayI({ verb: 'list', resource: 'nodes', name: 'node-a' })).toMatchObject({ allowed: true });
  expect(await statusOf('/api/v1/services')).toBe(200);
  expect(await statusOf('/api/v1/services?watch=1')).toBe(403);
  expect(await statusOf('/api/v1/nodes')).toBe(403);
  expect(await statusOf('/api/v1/nodes?fieldSelector=metadata.name%3Dnode-a')).toBe(200);
});

it('without that everything is allowed; clients learn who they are; what is no review is refused', async () => {
  api = await createFakeApiServer();
  expect(await mayI({ verb: 'watch', group: 'discovery.k8s.io', resource: 'endpointslices' })).toMatchObject({
    allowed: true,
  });
  const who = await post('/apis/authentication.k8s.io/v1/selfsubjectreviews', '{}');
  expect(who).toMatchObject({ status: 201, body: { status: { userInfo: { username: fakeUser } } } });
  expect(await post('/apis/authentication.k8s.io/v1/selfsubjectreviews', 'no json')).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('no review') },
  });
});
