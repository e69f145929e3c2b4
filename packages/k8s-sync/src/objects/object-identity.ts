/** Objects without a namespace are in this one, as with kubectl. */
const defaultNamespace = 'default';

/** `namespace` and `name` of an object, as far as they can be read; Nodes have namespace "". */
export function objectIdentity(
  kind: string,
  object: unknown,
): { namespace: string; name: string | undefined } {
  if (kind === 'LbxService') {
    const own = fieldOf(object, 'name');
    return { namespace: '', name: typeof own === 'string' && own !== '' ? own : undefined };
  }
  const metadata = fieldOf(object, 'metadata');
  const name = fieldOf(metadata, 'name');
  const namespace = fieldOf(metadata, 'namespace');
  return {
    namespace:
      kind === 'Node' ? '' : typeof namespace === 'string' && namespace !== '' ? namespace : defaultNamespace,
    name: typeof name === 'string' && name !== '' && name.length <= 253 ? name : undefined,
  };
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined;
}
