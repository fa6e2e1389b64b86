// Lets new connections begin their TLS handshakes in the order in which they came, so many at once. When ten thousand agents
// dial in the same second, after a restart, the first are done soon while the others wait; begun all together, they would all
// end together, when most have given up and dial again.
import type { Socket } from 'node:net';

export interface ArrivalOptions {
  /** Handshakes that are under way at once. */
  readonly atOnce: number;
  /** After so long a handshake that is not over holds up nobody any more: whoever is slow, or silent on purpose. */
  readonly holdMs: number;
  readonly begin: (socket: Socket) => void;
}

export interface Arrivals {
  /** How many wait is bounded by how many connections the server takes. */
  arrive(socket: Socket): void;
  /** A handshake is over, well or not. */
  over(): void;
}

export function createArrivals({ atOnce, holdMs, begin }: ArrivalOptions): Arrivals {
  // In their order.
  const waiting = new Set<Socket>();
  // When those under way began, oldest first. Which of them is over does not matter.
  const begun: number[] = [];
  let timer: NodeJS.Timeout | undefined;

  function start(socket: Socket): void {
    begun.push(performance.now());
    begin(socket);
  }

  function letIn(): void {
    clearTimeout(timer);
    timer = undefined;
    const nowMs = performance.now();
    while (begun[0] !== undefined && begun[0] <= nowMs - holdMs) begun.shift();
    for (const socket of waiting) {
      if (begun.length >= atOnce) break;
      waiting.delete(socket);
      if (!socket.destroyed) start(socket);
    }
    const [oldest] = begun;
    if (waiting.size === 0 || oldest === undefined) return;
    timer = setTimeout(letIn, Math.max(1, oldest + holdMs - nowMs));
    timer.unref();
  }

  return {
    arrive: (socket) => {
      if (waiting.size === 0 && begun.length < atOnce) return start(socket);
      waiting.add(socket);
      if (timer === undefined) letIn();
    },
    over: () => {
      begun.shift();
      if (waiting.size > 0) letIn();
    },
  };
}
