import { createSocket } from 'node:dgram';
import { afterEach, expect, it, vi } from 'vitest';
import { createNeighbourKeeper } from './neighbours.ts';

const sent: string[] = [];
vi.mock('node:dgram', () => ({
  createSocket: vi.fn(() => ({
    on: () => {},
    unref: () => {},
    close: () => sent.push('close'),
    send: (_bytes: string, _port: number, address: string) => sent.push(address),
  })),
}));
const taken = () => sent.splice(0);

afterEach(() => {
  vi.useRealTimers();
  taken();
});

it('asks for new addresses at once, each once, and for all again after the interval', () => {
  vi.useFakeTimers();
  const keeper = createNeighbourKeeper(1000);
  keeper.add(['192.0.2.1', '192.0.2.1', '2001:db8::1']);
  expect(taken()).toEqual(['192.0.2.1', '2001:db8::1']);
  keeper.remove(['2001:db8::1']);
  keeper.add(['192.0.2.1', '192.0.2.2']);
  expect(taken()).toEqual(['192.0.2.2']);
  vi.advanceTimersByTime(1000);
  expect(taken()).toEqual(['192.0.2.1', '192.0.2.2']);
  expect(vi.mocked(createSocket).mock.calls.map(([kind]) => kind)).toEqual(['udp4', 'udp6']);
  keeper.close();
  expect(taken()).toEqual(['close', 'close']);
  vi.advanceTimersByTime(5000);
  expect(taken()).toEqual([]);
});

it('sends many in bursts, and nothing to those that went meanwhile', () => {
  vi.useFakeTimers();
  const keeper = createNeighbourKeeper(1000);
  const many = Array.from({ length: 600 }, (_, i) => `192.0.2.${i}`);
  keeper.add(many);
  expect(taken()).toHaveLength(256);
  keeper.remove(['192.0.2.300']);
  vi.advanceTimersByTime(500);
  expect(taken()).toEqual(many.slice(256).filter((address) => address !== '192.0.2.300'));
  keeper.close();
});
