import type { Backend, Frontend } from '@lbx/maps';
import { describe, expect, it } from 'vitest';
import { type BackendPlaces, backendName, createBackendPlaces } from './backend-places.ts';

const backend = (address: string, node?: 'local' | 'other'): Backend => ({
  address,
  port: 80,
  protocol: 'TCP',
  ...(node === undefined ? {} : { node }),
});
const frontend = (backends: readonly Backend[]): Frontend => ({
  service: 'default/web',
  address: '198.51.100.1',
  port: 80,
  protocol: 'TCP',
  type: 'LoadBalancer',
  backends,
});
const name = (address: string) => backendName(address, 80, 6);

/** What changed: names that are or were local, then remote addresses that came and went. */
function moves(places: BackendPlaces) {
  const { local, remoteAdded, remoteRemoved } = places.takeMoves();
  return [[...local].sort(), [...remoteAdded].sort(), [...remoteRemoved].sort()];
}

describe('backend places', () => {
  it('goes by the model, and by own addresses where the model is silent', () => {
    const places = createBackendPlaces(new Set(['192.0.2.1']));
    const backends = [
      backend('192.0.2.1'),
      backend('192.0.2.2'),
      backend('192.0.2.3', 'local'),
      backend('192.0.2.4', 'other'),
    ];
    places.replace([], [frontend(backends), frontend(backends)]);
    expect(moves(places)).toEqual([[name('192.0.2.1'), name('192.0.2.3')], ['192.0.2.2', '192.0.2.4'], []]);
    expect(places.isLocal(name('192.0.2.3'))).toBe(true);
    expect(places.isLocal(name('192.0.2.2'))).toBe(false);
    expect(moves(places)).toEqual([[], [], []]);
  });

  it('keeps a backend that one of two frontends gives up', () => {
    const places = createBackendPlaces(new Set());
    const a = frontend([backend('192.0.2.3', 'local')]);
    const b = frontend([backend('192.0.2.3', 'local'), backend('192.0.2.9')]);
    places.replace([], [a, b]);
    places.takeMoves();
    places.replace([a, b], [a]);
    expect(moves(places)).toEqual([[], [], ['192.0.2.9']]);
    expect(places.isLocal(name('192.0.2.3'))).toBe(true);
    places.replace([a], []);
    expect(moves(places)).toEqual([[name('192.0.2.3')], [], []]);
  });

  it('follows the addresses of the node where the model is silent', () => {
    const places = createBackendPlaces(new Set(['192.0.2.1']));
    const one = frontend([backend('192.0.2.1'), backend('192.0.2.2'), backend('192.0.2.3', 'other')]);
    places.replace([], [one]);
    places.takeMoves();
    places.setOwnAddresses(new Set(['192.0.2.2', '192.0.2.3']));
    expect(moves(places)).toEqual([
      [name('192.0.2.1'), name('192.0.2.2')],
      ['192.0.2.1', '192.0.2.3'],
      ['192.0.2.2'],
    ]);
    expect(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((address) => places.isLocal(name(address)))).toEqual([
      false,
      true,
      false,
    ]);
    places.setOwnAddresses(new Set(['192.0.2.3', '192.0.2.2']));
    expect(moves(places)).toEqual([[], [], []]);
    places.replace([one], []);
    expect(moves(places)).toEqual([[name('192.0.2.2')], [], ['192.0.2.1', '192.0.2.3']]);
  });
});
