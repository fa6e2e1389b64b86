// What a step of the tour is made of. A step says what it shows, how to ask for it in either way, and what must come.
import type { Person } from '../cast.ts';

/** A plain HTTPS request, for a machine without kubectl. */
export type PlainCall =
  | {
      readonly kind: 'request';
      readonly method: 'GET' | 'POST' | 'DELETE';
      readonly path: string;
      readonly body?: object;
    }
  /** A command in a pod: a WebSocket with the subprotocol `v5.channel.k8s.io`. */
  | { readonly kind: 'exec'; readonly path: string; readonly command: readonly string[] };

/** One thing that one person asks of the cluster, in both ways. */
export interface Call {
  readonly person: Person;
  /** Without `--context`. */
  readonly kubectl: readonly string[];
  readonly plain: PlainCall;
}

export interface Expectation {
  /** Of kubectl. */
  readonly exitCode: number;
  /** Of the plain HTTPS request; for exec the exit code of the command, or the status of the refusal. */
  readonly status: number;
  /** Each must match the output. */
  readonly output: readonly RegExp[];
}

/** Watches until something comes that happens meanwhile; then the tour ends the watch. */
export interface Meanwhile {
  /** When the output has this, `call` is made. */
  readonly after: RegExp;
  readonly call: Call;
  /** When the output has this, the watch is ended. */
  readonly until: RegExp;
}

export interface CallStep {
  readonly kind: 'call';
  /** What the step shows, in one line. */
  readonly title: string;
  readonly call: Call;
  readonly expects: Expectation;
  readonly meanwhile?: Meanwhile;
  /** What to look at in the output. */
  readonly note?: string;
}

/** A look at the sockets of the agent's process. */
export interface SocketStep {
  readonly kind: 'sockets';
  readonly title: string;
  readonly note?: string;
}

export type TourStep = CallStep | SocketStep;
