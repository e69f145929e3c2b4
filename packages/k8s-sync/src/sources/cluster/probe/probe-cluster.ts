import type { ApiServerError } from '../../../errors.ts';
import { reasonOf } from '../api-request.ts';
import { type ClusterAccess, type ClusterConnection, openClusterConnection } from '../cluster-connection.ts';
import { isUntrusted } from '../is-untrusted.ts';
import { ApiAsker } from './api-asker.ts';
import type { ClusterProbe, ProbeFailure, ProbeStep } from './cluster-probe.ts';
import { probeNodes } from './probe-nodes.ts';
import { probeRights } from './probe-rights.ts';

export type ProbeClusterOptions = ClusterAccess & {
  /** Name of the own Node. */
  readonly nodeName?: string;
  /** Ask for the right to follow Pods too. */
  readonly pods?: boolean;
  /** For a connection, and for each answer. 5 s. */
  readonly timeoutSeconds?: number;
};

/**
 * Asks an API server what somebody who is about to follow it with `clusterSource` has to know: whether it can be reached,
 * is trusted and knows us, what we may list and watch (by SelfSubjectAccessReview), whether our Node is there, and how far
 * the clocks differ. Changes nothing. Never rejects: what went wrong is in `failure`.
 */
export async function probeCluster(options: ProbeClusterOptions): Promise<ClusterProbe> {
  const timeoutMs = (options.timeoutSeconds ?? 5) * 1000;
  let connection: ClusterConnection;
  try {
    connection = await openClusterConnection(options, timeoutMs);
  } catch (error) {
    return failed({}, 'access', reasonOf(error));
  }
  try {
    return await probe(connection, options, timeoutMs);
  } finally {
    await connection.close();
  }
}

async function probe(
  connection: ClusterConnection,
  { nodeName, pods = false }: ProbeClusterOptions,
  timeoutMs: number,
): Promise<ClusterProbe> {
  const { server } = connection;
  try {
    await connection.context();
  } catch (error) {
    return failed({ server }, 'credentials', `they cannot be had: ${reasonOf(error)}`);
  }
  const asker = new ApiAsker(connection, timeoutMs);
  // The first one alone: where it fails there is no point in the others.
  const version = await asker.get('/version');
  const known = { server, ...(version.aheadMs === undefined ? {} : { aheadMs: version.aheadMs }) };
  // Not everybody may know the version, which is no harm.
  if (!version.ok && version.error.status !== 403) return failedBy(known, version.error);
  const [who, rights, nodes] = await Promise.all([
    asker.review('authentication.k8s.io', 'SelfSubjectReview'),
    probeRights(asker, nodeName ?? '', pods),
    probeNodes(asker, nodeName),
  ]);
  // Whoever has no credentials, or wrong ones, may often know the version all the same.
  if (!who.ok && (who.error.status === 401 || isAnonymous(who.error)))
    return failed(known, 'credentials', who.error.message, who.error.status);
  const user = who.ok ? textAt(who.body, 'status', 'userInfo', 'username') : undefined;
  const gitVersion = version.ok ? textAt(version.body, 'gitVersion') : undefined;
  return {
    ...known,
    ...(gitVersion === undefined ? {} : { version: gitVersion }),
    ...(user === undefined ? {} : { user }),
    rights,
    ...nodes,
  };
}

/** Nobody in particular may not even ask who they are, and is told so with their name. */
const isAnonymous = ({ status, message }: ApiServerError) =>
  status === 403 && message.includes('system:anonymous');

type Known = Pick<ClusterProbe, 'server' | 'aheadMs'>;

const failed = (known: Known, step: ProbeStep, message: string, status?: number): ClusterProbe => {
  const failure: ProbeFailure = { step, message, ...(status === undefined ? {} : { status }) };
  return { ...known, failure, rights: [], otherNodes: [] };
};

function failedBy(known: Known, error: ApiServerError): ClusterProbe {
  const { status, message } = error;
  const step =
    status === 401 ? 'credentials' : status !== undefined ? 'answer' : isUntrusted(error) ? 'tls' : 'network';
  return failed(known, step, message, status);
}

function textAt(body: object, ...path: readonly string[]): string | undefined {
  let value: unknown = body;
  for (const key of path) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  return typeof value === 'string' ? value : undefined;
}
