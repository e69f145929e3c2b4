import { FieldReader } from '../../../objects/field-reader.ts';
import { readNode } from '../../../objects/node-object.ts';
import type { ApiAsker } from './api-asker.ts';
import type { ClusterProbe, ProbedNode } from './cluster-probe.ts';

/** Enough to find out what the own Node is called. */
const maxOtherNodes = 200;

/** The Node of a name, asked for as it will be followed; or, where there is none, the others. */
export async function probeNodes(
  asker: ApiAsker,
  name: string | undefined,
): Promise<Pick<ClusterProbe, 'node' | 'otherNodes'>> {
  const own = name === undefined ? [] : await listNodes(asker, { fieldSelector: `metadata.name=${name}` });
  if (own === undefined) return { otherNodes: [] };
  if (own[0] !== undefined) return { node: own[0], otherNodes: [] };
  const otherNodes = (await listNodes(asker, { limit: String(maxOtherNodes) })) ?? [];
  return { ...(name === undefined ? {} : { node: 'missing' }), otherNodes };
}

/** undefined: no answer, or a refusal. */
async function listNodes(
  asker: ApiAsker,
  query: Readonly<Record<string, string>>,
): Promise<ProbedNode[] | undefined> {
  const answer = await asker.get('/api/v1/nodes', query);
  if (!answer.ok) return undefined;
  const { items } = answer.body;
  return (Array.isArray(items) ? items : []).flatMap((item: unknown) => {
    const name = (item as { metadata?: { name?: unknown } } | null)?.metadata?.name;
    if (typeof name !== 'string') return [];
    // What is wrong with a Node is for the source to tell.
    const reader = new FieldReader({ kind: 'Node', namespace: '', objectName: name, origin: undefined });
    const node = readNode(item, name, reader);
    return node === undefined ? [] : [{ name, addresses: node.addresses }];
  });
}
