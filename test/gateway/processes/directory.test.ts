// The directory of tunnels as processes hear it: the hub of the supervisor, and the link of each process.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDirectoryHub } from '../../../gateway/processes/directory-hub.ts';
import type { DirectoryHub } from '../../../gateway/processes/directory-hub.ts';
import { CLAIM_TIMEOUT_MS } from '../../../gateway/processes/limits.ts';
import type { FromProcess } from '../../../gateway/processes/messages.ts';
import { createSupervisorLink } from '../../../gateway/processes/supervisor-link.ts';
import type { SupervisorLink } from '../../../gateway/processes/supervisor-link.ts';
import { fakeTimers } from '../../support/fake-timers.ts';
import { settle } from '../../support/memory-transport.ts';

afterEach(() => void vi.useRealTimers());

interface Process {
  readonly link: SupervisorLink;
  readonly heard: string[];
  readonly sent: FromProcess[];
}

function join(hub: DirectoryHub, id: string): Process {
  const heard: string[] = [];
  const sent: FromProcess[] = [];
  const link = createSupervisorLink((message) => {
    sent.push(message);
    if (message.kind === 'tunnels') hub.update(id, message.counts);
  });
  hub.attach({
    address: { id, socketPath: `/run/${id}.sock` },
    send: (message) => void link.receive(message),
  });
  link.directory.listen({
    onPeer: (peer) => heard.push(`+${peer.id}`),
    onPeerGone: (peerId) => heard.push(`-${peerId}`),
    onTunnels: (peerId, name, tunnels) => heard.push(`${peerId}:${name}=${tunnels}`),
  });
  return { link, heard, sent };
}

describe('the directory', () => {
  it('tells each process of the others, and of none before it listens', async () => {
    const hub = createDirectoryHub();
    const [one, two] = [join(hub, '1'), join(hub, '2')];
    expect(one.heard).toEqual([]);
    hub.introduce('1');
    hub.introduce('2');
    expect(one.heard).toEqual(['+2']);
    expect(two.heard).toEqual(['+1']);
  });

  it('tells what changed, once for all changes of a turn, and never to whom it is about', async () => {
    const hub = createDirectoryHub();
    const [one, two] = [join(hub, '1'), join(hub, '2')];
    one.link.begin();
    for (const count of [1, 2, 3]) one.link.directory.announce('a', count);
    one.link.directory.announce('b', 1);
    await settle();
    expect(one.sent).toHaveLength(1);
    expect(two.heard).toEqual(['1:a=3', '1:b=1']);
    expect(one.heard).toEqual([]);
    expect(hub.clusterCount).toBe(2);
  });

  it('keeps what was announced before the supervisor knew that the process is ready', async () => {
    const hub = createDirectoryHub();
    const [one, two] = [join(hub, '1'), join(hub, '2')];
    one.link.directory.announce('a', 1);
    await settle();
    expect(two.heard).toEqual([]);
    one.link.begin();
    await settle();
    expect(two.heard).toEqual(['1:a=1']);
  });

  it('gives a newcomer the whole picture', async () => {
    const hub = createDirectoryHub();
    const one = join(hub, '1');
    one.link.begin();
    hub.introduce('1');
    one.link.directory.announce('a', 2);
    one.link.directory.announce('b', 1);
    await settle();
    one.link.directory.announce('b', 0);
    await settle();
    expect(join(hub, '2').heard).toEqual(['+1', '1:a=2']);
    expect(hub.clusterCount).toBe(1);
  });

  it('forgets a process that is gone, with all that it held', async () => {
    const hub = createDirectoryHub();
    const [one, two] = [join(hub, '1'), join(hub, '2')];
    one.link.begin();
    one.link.directory.announce('a', 1);
    await settle();
    hub.remove('1');
    hub.remove('1');
    hub.update('1', [['late', 1]]);
    expect(two.heard).toEqual(['1:a=1', '-1']);
    expect(hub.clusterCount).toBe(0);
  });
});

describe('a claim on an assertion', () => {
  it('is decided by the supervisor', async () => {
    const sent: FromProcess[] = [];
    const link = createSupervisorLink((message) => sent.push(message));
    const first = link.replays.assertions.claim('cluster', 'id-1', 5);
    const second = link.replays.assertions.claim('cluster', 'id-2', 6);
    expect(sent).toEqual([
      { kind: 'claim', id: 1, memory: 'assertions', owner: 'cluster', tokenId: 'id-1', expiresAtMs: 5 },
      { kind: 'claim', id: 2, memory: 'assertions', owner: 'cluster', tokenId: 'id-2', expiresAtMs: 6 },
    ]);
    link.receive({ kind: 'claimed', id: 2, verdict: 'replayed' });
    link.receive({ kind: 'claimed', id: 1, verdict: 'fresh' });
    expect(await Promise.all([first, second])).toEqual(['fresh', 'replayed']);
  });

  it('fails closed when the supervisor does not answer, and a late answer changes nothing', async () => {
    fakeTimers();
    const link = createSupervisorLink(() => undefined);
    const claim = link.replays.assertions.claim('cluster', 'id', 5);
    await vi.advanceTimersByTimeAsync(CLAIM_TIMEOUT_MS);
    link.receive({ kind: 'claimed', id: 1, verdict: 'fresh' });
    expect(await claim).toBe('full');
  });
});
