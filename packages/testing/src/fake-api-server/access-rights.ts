import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { FakeRequest } from './fake-request.ts';
import type { FakeTarget } from './fake-resource.ts';
import { sendJson, sendStatus } from './status-object.ts';

/** What somebody may do, or wants to. */
export interface FakeRight {
  /** "list", "watch", "get" */
  readonly verb: string;
  /** "" for the core group. */
  readonly group: string;
  /** "endpointslices" */
  readonly resource: string;
  /** The one object that is asked for, also by a field selector for its name; "" for all. */
  readonly name: string;
}

/** Whether the server's client may do that. */
export type AllowsRight = (right: FakeRight) => boolean;

/** As whom requests with the right token are made. */
export const fakeUser = 'system:serviceaccount:default:test';

const rightsPath = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const identityPath = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

/** Whether it asks what its client may do, or who it is. */
export const isReview = ({ method, path }: FakeRequest): boolean =>
  method === 'POST' && (path === rightsPath || path === identityPath);

/** Answers a SelfSubjectAccessReview or a SelfSubjectReview. */
export async function answerReview(
  incoming: IncomingMessage,
  response: ServerResponse,
  allows: AllowsRight,
): Promise<void> {
  const isIdentity = incoming.url?.startsWith(identityPath) === true;
  let review: { readonly spec?: { readonly resourceAttributes?: Partial<FakeRight> } };
  try {
    review = JSON.parse(await text(incoming)) as typeof review;
  } catch (error) {
    return sendStatus(response, 400, `the body is no review: ${(error as Error).message}`);
  }
  if (isIdentity) {
    const status = { userInfo: { username: fakeUser, groups: ['system:authenticated'] } };
    return sendJson(response, 201, { ...review, status });
  }
  const { verb = '', group = '', resource = '', name = '' } = review.spec?.resourceAttributes ?? {};
  const allowed = allows({ verb, group, resource, name });
  sendJson(response, 201, { ...review, status: { allowed, reason: allowed ? 'the test allows it' : '' } });
}

/** What a request needs. */
export function rightOf({ verb, query }: FakeRequest, { resource, name }: FakeTarget): FakeRight {
  const selected = /(?:^|,)metadata\.name==?([^,]+)/.exec(query.get('fieldSelector') ?? '')?.[1];
  const [group = ''] = resource.apiVersion.includes('/') ? resource.apiVersion.split('/') : [''];
  return { verb, group, resource: resource.plural, name: name ?? selected ?? '' };
}

/** Answers as kube-apiserver does where RBAC says no. */
export function refuseRight(response: ServerResponse, { verb, group, resource }: FakeRight): void {
  const message = `${resource} is forbidden: User "${fakeUser}" cannot ${verb} resource "${resource}" in API group "${group}" at the cluster scope`;
  sendStatus(response, 403, message);
}
