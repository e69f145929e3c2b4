import { expect, it } from 'vitest';
import { projectObject } from './project-object.ts';

/** As JSON: what is undefined is not there. */
const projected = (kind: 'Pod' | 'Node', object: object): unknown =>
  JSON.parse(JSON.stringify(projectObject(kind, object)));

it('keeps of a Pod its addresses, its phase and the containers with host ports', () => {
  const web = {
    name: 'web',
    image: 'web:1',
    ports: [{ containerPort: 80, hostPort: 8080 }, { containerPort: 9 }],
  };
  const pod = {
    apiVersion: 'v1',
    metadata: { name: 'web', namespace: 'default', uid: 'u', deletionTimestamp: 'now', managedFields: [{}] },
    spec: {
      nodeName: 'node-a',
      volumes: [{}],
      initContainers: [{ restartPolicy: 'Always', ports: [{ containerPort: 53, hostPort: 53 }] }],
      containers: [web, { name: 'other', ports: [{ containerPort: 81 }] }, { name: 'plain' }],
    },
    status: { phase: 'Running', podIP: '192.0.2.5', podIPs: [{ ip: '192.0.2.5' }], conditions: [{}] },
  };
  expect(projected('Pod', pod)).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', uid: 'u', deletionTimestamp: 'now' },
    spec: {
      nodeName: 'node-a',
      initContainers: [{ restartPolicy: 'Always', ports: [{ containerPort: 53, hostPort: 53 }] }],
      containers: [{ ports: [{ containerPort: 80, hostPort: 8080 }] }],
    },
    status: { phase: 'Running', podIP: '192.0.2.5', podIPs: [{ ip: '192.0.2.5' }] },
  });
  expect(projected('Pod', { spec: { hostNetwork: true, containers: [{}] } })).toMatchObject({
    spec: { hostNetwork: true },
  });
});

it.each([
  [{ spec: 7, status: 'up' }],
  [{ spec: { containers: 'web' }, status: {} }],
  [{ spec: { containers: ['web', { ports: 8080 }, { ports: ['http'] }] }, status: {} }],
])('leaves what has an unexpected type to be refused later: %j', (pod) => {
  const { spec } = projected('Pod', pod) as { spec: { containers?: unknown } };
  if (typeof pod.spec !== 'object') expect(spec).toBe(pod.spec);
  else if (typeof pod.spec.containers === 'string') expect(spec).toEqual(pod.spec);
  else expect(spec.containers).toEqual(['web', { ports: 8080 }]);
});

it('keeps the taints of a Node', () => {
  const taints = [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }];
  expect(projected('Node', { spec: { taints, podCIDR: '192.0.2.0/24' } })).toMatchObject({
    spec: { taints },
  });
});
