// Joins a stream from a peer to a stream of a tunnel (SPEC §9.5, §9.6). Hot path: no closure for each chunk.
import type { ResetCodeName, StreamHandler, TunnelStream } from '../../tunnel/index.ts';

type SentCode = Parameters<TunnelStream['reset']>[0];

/**
 * One of the two streams: what it is told goes to the other one. Credit goes back only when the other one has room, so that a
 * reader that stalls stops the writer behind two gateways; all that is kept here is a number.
 */
class SpliceEnd implements StreamHandler {
  stream: TunnelStream | undefined = undefined;
  other: SpliceEnd | undefined = undefined;
  // What came, and what the other stream had no room for.
  private owedBytes = 0;
  /** What the other side is told when this one's session is lost. */
  private readonly lostCode: SentCode;

  constructor(lostCode: SentCode) {
    this.lostCode = lostCode;
  }

  onHead(head: Buffer): void {
    this.other?.stream?.sendHead(head);
  }

  onData(chunk: Buffer): void {
    const hasRoom = this.other?.stream?.write(chunk) ?? true;
    if (hasRoom && this.owedBytes === 0) this.stream?.consume(chunk.byteLength);
    else this.owedBytes += chunk.byteLength;
  }

  onEnd(): void {
    this.other?.stream?.end();
  }

  onReset(code: ResetCodeName): void {
    this.other?.stream?.reset(code === 'SESSION_LOST' ? this.lostCode : code);
  }

  onDrain(): void {
    this.other?.giveBack();
  }

  private giveBack(): void {
    const owed = this.owedBytes;
    this.owedBytes = 0;
    if (owed > 0) this.stream?.consume(owed);
  }
}

/**
 * Opens the tunnel's stream for a peer's.
 * @returns what hears the peer's stream
 * @throws whatever `openTunnel` throws; then nothing was joined
 */
export function spliceStreams(
  peer: TunnelStream,
  openTunnel: (handler: StreamHandler) => TunnelStream,
): StreamHandler {
  const fromPeer = new SpliceEnd('CANCEL');
  const fromTunnel = new SpliceEnd('TUNNEL_LOST');
  fromPeer.other = fromTunnel;
  fromTunnel.other = fromPeer;
  fromPeer.stream = peer;
  fromTunnel.stream = openTunnel(fromTunnel);
  return fromPeer;
}
