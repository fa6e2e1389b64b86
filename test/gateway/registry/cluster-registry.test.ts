import { describe, expect, it, vi } from 'vitest';
import { createClusterRegistry } from '../../../gateway/registry/index.ts';
import type { TunnelEntry } from '../../../gateway/registry/index.ts';
import type { StreamHandler } from '../../../tunnel/index.ts';
import { sessionPair } from '../../support/session-pair.ts';

const IGNORE: StreamHandler = { onData: () => undefined, onEnd: () => undefined, onReset: () => undefined };

async function entry(clusterName = 'edge-1'): Promise<TunnelEntry> {
  const { gateway: session } = sessionPair();
  await vi.waitUntil(() => session.isAccepting);
  return { clusterId: clusterName, clusterName, thumbprint: 'x', session };
}

async function entries(): Promise<[TunnelEntry, TunnelEntry]> {
  return [await entry(), await entry()];
}

describe('the registry', () => {
  it('knows no tunnel of a cluster that has none', () => {
    expect(createClusterRegistry(8).pick('edge-1')).toBeUndefined();
  });

  it('picks the tunnel with the fewest streams', async () => {
    const registry = createClusterRegistry(8);
    const [first, second] = await entries();
    registry.add(first);
    registry.add(second);
    first.session.open(Buffer.from('x'), IGNORE);
    expect(registry.pick('edge-1')).toBe(second.session);
    second.session.open(Buffer.from('x'), IGNORE);
    second.session.open(Buffer.from('x'), IGNORE);
    expect(registry.pick('edge-1')).toBe(first.session);
  });

  it('picks another tunnel than those that refused', async () => {
    const registry = createClusterRegistry(8);
    const [first, second] = await entries();
    registry.add(first);
    registry.add(second);
    expect(registry.pick('edge-1', new Set([first.session]))).toBe(second.session);
    expect(registry.pick('edge-1', new Set([first.session, second.session]))).toBeUndefined();
  });

  it('picks none that drains, and forgets one that is removed', async () => {
    const registry = createClusterRegistry(8);
    const [first, second] = await entries();
    registry.add(first);
    registry.add(second);
    first.session.open(Buffer.from('x'), IGNORE);
    first.session.drain(0, 'test');
    expect(registry.pick('edge-1')).toBe(second.session);
    registry.remove(second);
    expect(registry.pick('edge-1')).toBeUndefined();
    expect(registry.tunnelCount).toBe(1);
    registry.remove(first);
    expect(registry.clusterCount).toBe(0);
  });

  it('I4: gives the place of the oldest tunnel to the newest', async () => {
    const registry = createClusterRegistry(2);
    const [oldest, second] = await entries();
    const newest = await entry();
    for (const one of [oldest, second, newest]) registry.add(one);
    expect([...registry.entries()]).toEqual([second, newest]);
    expect(oldest.session.isOpen()).toBe(false);
  });

  it('keeps clusters apart', async () => {
    const registry = createClusterRegistry(8);
    const other = await entry('edge-2');
    registry.add(other);
    expect(registry.pick('edge-1')).toBeUndefined();
    expect(registry.pick('edge-2')).toBe(other.session);
  });

  it('tells how many tunnels take streams, whenever that changes', async () => {
    const told: [string, number][] = [];
    const registry = createClusterRegistry(2, (...one) => told.push(one));
    const [first, second] = await entries();
    const third = await entry();
    registry.add(first);
    registry.add(second);
    second.session.drain(0, 'test');
    registry.retire(second);
    registry.remove(second);
    registry.add(third);
    registry.remove(first);
    registry.remove(third);
    expect(told.map(([name]) => name)).toEqual(Array(told.length).fill('edge-1'));
    expect(told.map(([, count]) => count)).toEqual([1, 2, 1, 1, 2, 1, 0]);
  });
});
