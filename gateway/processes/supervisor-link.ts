// A gateway process' end of the talk with its supervisor: the directory of tunnels, and the memories of what may be used once.
import type { ReplayMemory, ReplayVerdict } from '../../auth/index.ts';
import type { DirectoryListener, TunnelDirectory } from '../registry/index.ts';
import { CLAIM_TIMEOUT_MS } from './limits.ts';
import type { FromProcess, MemoryName, ToProcess } from './messages.ts';

export interface SupervisorLink {
  readonly directory: TunnelDirectory;
  readonly replays: Readonly<Record<MemoryName, ReplayMemory>>;
  /** Messages that are about neither are not for this link: false. */
  receive(message: ToProcess): boolean;
  /** Begins to announce: the supervisor has been told that this process is ready. */
  begin(): void;
}

type DirectoryMessage = Extract<ToProcess, { kind: 'peer' | 'peer-gone' | 'peer-tunnels' }>;

interface Claim {
  readonly resolve: (verdict: ReplayVerdict) => void;
  readonly timer: NodeJS.Timeout;
}

export function createSupervisorLink(send: (message: FromProcess) => void): SupervisorLink {
  // What changed in this turn of the event loop: a storm of tunnels is a few messages.
  const changed = new Map<string, number>();
  let isScheduled = false;
  let hasBegun = false;
  let listener: DirectoryListener | undefined;
  const early: DirectoryMessage[] = [];
  const claims = new Map<number, Claim>();
  let nextClaim = 1;

  const flush = (): void => {
    isScheduled = false;
    const counts = [...changed];
    changed.clear();
    send({ kind: 'tunnels', counts });
  };
  const schedule = (): void => {
    if (isScheduled || !hasBegun || changed.size === 0) return;
    isScheduled = true;
    setImmediate(flush);
  };

  function tell(to: DirectoryListener, message: DirectoryMessage): void {
    if (message.kind === 'peer') to.onPeer(message.peer);
    else if (message.kind === 'peer-gone') to.onPeerGone(message.peerId);
    else for (const [name, tunnels] of message.counts) to.onTunnels(message.peerId, name, tunnels);
  }

  function settle(id: number, verdict: ReplayVerdict): void {
    const claim = claims.get(id);
    claims.delete(id);
    clearTimeout(claim?.timer);
    claim?.resolve(verdict);
  }

  function memory(name: MemoryName): ReplayMemory {
    return {
      claim: (owner, tokenId, expiresAtMs, holder) =>
        new Promise((resolve) => {
          const id = nextClaim++;
          // Fails closed: what nobody has vouched for opens nothing.
          const timer = setTimeout(() => settle(id, 'full'), CLAIM_TIMEOUT_MS);
          claims.set(id, { resolve, timer });
          const claim = { kind: 'claim', id, memory: name, owner, tokenId, expiresAtMs } as const;
          send(holder === undefined ? claim : { ...claim, holder });
        }),
    };
  }

  return {
    directory: {
      announce: (clusterName, tunnels) => {
        changed.set(clusterName, tunnels);
        schedule();
      },
      listen: (to) => {
        listener = to;
        for (const message of early.splice(0)) tell(to, message);
      },
    },
    replays: { assertions: memory('assertions'), nonces: memory('nonces') },
    receive: (message) => {
      switch (message.kind) {
        case 'claimed':
          settle(message.id, message.verdict);
          return true;
        case 'peer':
        case 'peer-gone':
        case 'peer-tunnels':
          if (listener === undefined) early.push(message);
          else tell(listener, message);
          return true;
        default:
          return false;
      }
    },
    begin: () => {
      hasBegun = true;
      schedule();
    },
  };
}
