// Two Transports joined in memory. Messages move one turn of the event loop later, as over a socket; nothing is lost.
import type { Transport, TransportListener } from '../../tunnel/index.ts';

export interface MemoryTransport extends Transport {
  /** How this end closed, once it has. */
  readonly closedWith: { code: number; reason: string } | undefined;
  /** While true, what this end sends stays in its queue: a peer that does not read. */
  isHeld: boolean;
}

class MemoryEnd implements MemoryTransport {
  peer: MemoryEnd | undefined = undefined;
  closedWith: { code: number; reason: string } | undefined = undefined;
  private held = false;
  private listener: TransportListener | undefined = undefined;
  private queue: Buffer[] = [];
  private queuedBytes = 0;
  private isScheduled = false;
  private endedWith: { code: number; reason: string } | undefined = undefined;

  readonly headroomBytes = 0;

  get isHeld(): boolean {
    return this.held;
  }

  set isHeld(held: boolean) {
    this.held = held;
    this.schedule();
  }

  listen(listener: TransportListener): void {
    this.listener = listener;
    // As a WebSocket does: who listens late is told all the same.
    const { endedWith } = this;
    if (endedWith !== undefined) setImmediate(() => listener.onClose(endedWith.code, endedWith.reason));
    this.peer?.schedule();
  }

  send(message: Buffer): void {
    if (this.closedWith !== undefined || this.endedWith !== undefined) return;
    // As a socket does: the sender's memory is free once this call returns.
    this.queue.push(Buffer.from(message));
    this.queuedBytes += message.byteLength;
    this.schedule();
  }

  bufferedBytes(): number {
    return this.queuedBytes;
  }

  newInterval(): void {
    // Nothing is counted in memory.
  }

  close(code: number, reason: string): void {
    if (this.closedWith !== undefined || this.endedWith !== undefined) return;
    this.closedWith = { code, reason };
    this.schedule();
  }

  terminate(): void {
    this.queue = [];
    this.queuedBytes = 0;
    this.closedWith ??= { code: 1006, reason: '' };
    this.finish(1006, '');
    this.peer?.finish(1006, '');
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.deliver();
    });
  }

  private deliver(): void {
    const { peer } = this;
    if (peer?.listener === undefined || this.held || this.endedWith !== undefined) return;
    for (const message of this.queue.splice(0)) {
      this.queuedBytes -= message.byteLength;
      peer.listener.onMessage(message);
      this.listener?.onSent();
    }
    if (this.closedWith === undefined || this.queue.length > 0) return;
    const { code, reason } = this.closedWith;
    peer.finish(code, reason);
    this.finish(code, reason);
  }

  private finish(code: number, reason: string): void {
    if (this.endedWith !== undefined) return;
    this.endedWith = { code, reason };
    this.listener?.onClose(code, reason);
  }
}

/** Two ends; what one sends the other hears. */
export function memoryTransports(): [MemoryTransport, MemoryTransport] {
  const left = new MemoryEnd();
  const right = new MemoryEnd();
  left.peer = right;
  right.peer = left;
  return [left, right];
}

/** Lets everything happen that is going to happen without time passing. Needs a real setImmediate. */
export async function settle(turns = 12): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
