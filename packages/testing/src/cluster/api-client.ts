import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { TestingError } from '../errors.ts';

/** Fields of Kubernetes objects, as JSON has them. */
export type KubeObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly resourceVersion?: string;
  };
  readonly [field: string]: unknown;
};

/** Writes objects to an API server. Every call throws TestingError `LBX_TESTING_API` when the server says no. */
export interface ApiClient {
  /** @returns what the server made of it: addresses and ports allocated, fields defaulted. */
  create<T extends KubeObject>(object: T): Promise<T>;
  /** Creates all, `parallel` (16) at a time. */
  createAll(objects: readonly KubeObject[], parallel?: number): Promise<void>;
  read<T extends KubeObject>(object: KubeObject): Promise<T>;
  /** PUT: replaces it whole. */
  replace<T extends KubeObject>(object: T): Promise<T>;
  /** A merge patch of an object or of a subresource such as `status`. */
  patch<T extends KubeObject>(object: T, fields: object, subresource?: string): Promise<T>;
  remove(object: KubeObject): Promise<void>;
  /** Any other request; `path` begins with a slash. */
  request(method: string, path: string, body?: object, contentType?: string): Promise<unknown>;
  close(): void;
}

/** Where and as whom. */
export interface ApiAccess {
  readonly port: number;
  readonly ca: () => string;
  readonly token: () => string;
}

/** A client of the API server on 127.0.0.1. */
export function createApiClient({ port, ca, token }: ApiAccess): ApiClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const send = async (method: string, path: string, body?: object, contentType = 'application/json') => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const [status, answer] = await new Promise<[number, string]>((resolve, reject) => {
      const sent = request(
        {
          agent,
          host: '127.0.0.1',
          port,
          method,
          path,
          ca: ca(),
          timeout: 30_000,
          headers: {
            authorization: `Bearer ${token()}`,
            ...(text === undefined
              ? {}
              : { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }),
          },
        },
        (response) =>
          void readBody(response).then((read) => resolve([response.statusCode ?? 0, read]), reject),
      );
      sent.on('timeout', () => sent.destroy(new Error('no answer within 30 s')));
      sent.on('error', reject);
      sent.end(text);
    }).catch((cause) => {
      throw new TestingError('LBX_TESTING_API', `${method} ${path}: ${cause.message}`, { cause });
    });
    if (status < 200 || status > 299)
      throw new TestingError('LBX_TESTING_API', `${method} ${path}: ${status} ${answer.slice(0, 1000)}`);
    return answer.startsWith('{') ? (JSON.parse(answer) as unknown) : answer;
  };
  const client: ApiClient = {
    create: async <T extends KubeObject>(object: T) =>
      (await send('POST', collectionOf(object), object)) as T,
    async createAll(objects, parallel = 16) {
      let next = 0;
      const work = async () => {
        for (let object = objects[next++]; object !== undefined; object = objects[next++])
          await client.create(object);
      };
      await Promise.all(Array.from({ length: parallel }, work));
    },
    read: async <T extends KubeObject>(object: KubeObject) => (await send('GET', pathOf(object))) as T,
    replace: async <T extends KubeObject>(object: T) => (await send('PUT', pathOf(object), object)) as T,
    patch: async <T extends KubeObject>(object: T, fields: object, subresource?: string) =>
      (await send(
        'PATCH',
        pathOf(object) + (subresource === undefined ? '' : `/${subresource}`),
        fields,
        'application/merge-patch+json',
      )) as T,
    remove: async (object) => void (await send('DELETE', pathOf(object))),
    request: send,
    close: () => agent.destroy(),
  };
  return client;
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Kinds whose objects are in no namespace. */
const clusterWide: ReadonlySet<string> = new Set(['Node', 'Namespace', 'ClusterRole', 'ClusterRoleBinding']);

function collectionOf({ apiVersion, kind, metadata }: KubeObject): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = clusterWide.has(kind) ? '' : `/namespaces/${metadata.namespace ?? 'default'}`;
  return `${group}${namespace}/${kind.toLowerCase()}s`;
}

const pathOf = (object: KubeObject) => `${collectionOf(object)}/${object.metadata.name}`;
