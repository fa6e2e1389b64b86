// Who holds which tunnels, kept by the supervisor: each process says what it holds, all others hear it.
import type { PeerAddress } from '../registry/index.ts';
import type { ToProcess, TunnelCounts } from './messages.ts';

export interface Member {
  readonly address: PeerAddress;
  readonly send: (message: ToProcess) => void;
}

export interface DirectoryHub {
  /** Tells the newcomer the whole picture, and from now on each change. */
  attach(member: Member): void;
  /** The newcomer listens for its peers now: tells them. */
  introduce(id: string): void;
  update(id: string, counts: TunnelCounts): void;
  /** Repeatable. */
  remove(id: string): void;
  /** Clusters with a tunnel at any process. */
  readonly clusterCount: number;
}

interface Known extends Member {
  isIntroduced: boolean;
  readonly tunnels: Map<string, number>;
}

export function createDirectoryHub(): DirectoryHub {
  const members = new Map<string, Known>();

  function tellOthers(about: string, message: ToProcess): void {
    for (const [id, member] of members) if (id !== about) member.send(message);
  }

  return {
    attach: (member) => {
      for (const { address, isIntroduced, tunnels } of members.values()) {
        if (!isIntroduced) continue;
        member.send({ kind: 'peer', peer: address });
        if (tunnels.size > 0) {
          member.send({ kind: 'peer-tunnels', peerId: address.id, counts: [...tunnels] });
        }
      }
      const { address, send } = member;
      members.set(address.id, { address, send, isIntroduced: false, tunnels: new Map() });
    },
    introduce: (id) => {
      const member = members.get(id);
      if (member === undefined) return;
      member.isIntroduced = true;
      tellOthers(id, { kind: 'peer', peer: member.address });
    },
    update: (id, counts) => {
      const member = members.get(id);
      if (member === undefined) return;
      for (const [clusterName, tunnels] of counts) {
        if (tunnels === 0) member.tunnels.delete(clusterName);
        else member.tunnels.set(clusterName, tunnels);
      }
      tellOthers(id, { kind: 'peer-tunnels', peerId: id, counts });
    },
    remove: (id) => {
      if (members.delete(id)) tellOthers(id, { kind: 'peer-gone', peerId: id });
    },
    get clusterCount() {
      return new Set([...members.values()].flatMap(({ tunnels }) => [...tunnels.keys()])).size;
    },
  };
}
