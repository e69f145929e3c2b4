import type { Backend, Frontend } from '@lbx/maps';
import { describe, expect, it } from 'vitest';
import { backendName, createBackendPlaces } from './backend-places.ts';

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

describe('backend places', () => {
  it('goes by the model, and by own addresses where the model is silent', () => {
    const places = createBackendPlaces(new Set(['192.0.2.1']));
    const backends = [
      backend('192.0.2.1'),
      backend('192.0.2.2'),
      backend('192.0.2.3', 'local'),
      backend('192.0.2.4', 'other'),
    ];
    expect([...places.learn([frontend(backends)])].sort()).toEqual([name('192.0.2.1'), name('192.0.2.3')]);
    expect(places.isLocal(name('192.0.2.3'))).toBe(true);
    expect(places.isLocal(name('192.0.2.2'))).toBe(false);
    expect(places.remoteAddresses().sort()).toEqual(['192.0.2.2', '192.0.2.4']);
  });

  it('keeps a backend that one of two frontends gives up', () => {
    const places = createBackendPlaces(new Set());
    const a = frontend([backend('192.0.2.3', 'local')]);
    const b = frontend([backend('192.0.2.3', 'local'), backend('192.0.2.9')]);
    places.learn([a, b]);
    expect(places.learn([a]).size).toBe(0);
    expect(places.isLocal(name('192.0.2.3'))).toBe(true);
    expect(places.remoteAddresses()).toEqual([]);
    expect([...places.learn([])]).toEqual([name('192.0.2.3')]);
  });

  it('follows the addresses of the node where the model is silent', () => {
    const places = createBackendPlaces(new Set(['192.0.2.1']));
    const backends = [backend('192.0.2.1'), backend('192.0.2.2'), backend('192.0.2.3', 'other')];
    places.learn([frontend(backends)]);
    expect([...places.setOwnAddresses(new Set(['192.0.2.2', '192.0.2.3']))].sort()).toEqual([
      name('192.0.2.1'),
      name('192.0.2.2'),
    ]);
    expect(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((address) => places.isLocal(name(address)))).toEqual([
      false,
      true,
      false,
    ]);
    expect(places.remoteAddresses().sort()).toEqual(['192.0.2.1', '192.0.2.3']);
    expect(places.setOwnAddresses(new Set(['192.0.2.3', '192.0.2.2'])).size).toBe(0);
    places.learn([]);
    expect(places.remoteAddresses()).toEqual([]);
  });
});
