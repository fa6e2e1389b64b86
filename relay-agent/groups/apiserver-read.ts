// A GET of the agent's own, of a list or a watch: its target is made in this folder, nothing of a client's is in it.
import type { Dispatcher } from 'undici';
import type { Upstream } from '../upstream.ts';

export interface ApiserverRead {
  readonly target: string;
  /** The agent's own credentials. */
  readonly authorization: string;
  readonly signal: AbortSignal;
  /** When the answer begins. */
  readonly onStatus?: (status: number) => void;
  /** A piece of an answer whose status is 200. What it throws ends the reading. */
  readonly onData: (chunk: Buffer) => void;
}

/** Resolves with the status when the answer is over. Rejects when it broke off, with what onData threw, or the signal's reason. */
export function readApiserver(upstream: Upstream, read: ApiserverRead): Promise<number> {
  return new Promise((resolve, reject) => {
    const exchange = new ReadExchange(read, resolve, reject);
    if (read.signal.aborted) return exchange.giveUp();
    const headers = [
      'accept',
      'application/json',
      'user-agent',
      'cluster-connect-agent',
      'authorization',
      read.authorization,
    ];
    try {
      upstream.dispatch({ method: 'GET', target: read.target, headers, body: null }, exchange);
    } catch (error) {
      exchange.onResponseError(undefined, error);
    }
  });
}

class ReadExchange implements Dispatcher.DispatchHandler {
  private readonly read: ApiserverRead;
  private readonly resolve: (status: number) => void;
  private readonly reject: (error: unknown) => void;
  private readonly onAbort = (): void => this.giveUp();
  private controller: Dispatcher.DispatchController | undefined = undefined;
  private status = 0;
  private settled = false;

  constructor(read: ApiserverRead, resolve: (status: number) => void, reject: (error: unknown) => void) {
    this.read = read;
    this.resolve = resolve;
    this.reject = reject;
    read.signal.addEventListener('abort', this.onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.settled) controller.abort(new Error('nobody reads it any more'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200 || this.settled) return;
    this.status = status;
    this.read.onStatus?.(status);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    // The words of a refusal are read and dropped: they are few, and to break it off would cost the connection.
    if (this.settled || this.status !== 200) return;
    try {
      this.read.onData(chunk);
    } catch (error) {
      this.fail(error);
    }
  }

  onResponseEnd(): void {
    if (this.settled) return;
    this.finish();
    this.resolve(this.status);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: unknown): void {
    if (this.settled) return;
    this.finish();
    this.reject(error);
  }

  giveUp(): void {
    this.fail(this.read.signal.reason);
  }

  private fail(error: unknown): void {
    if (this.settled) return;
    this.finish();
    this.reject(error);
    this.controller?.abort(new Error('nobody reads it any more'));
  }

  private finish(): void {
    this.settled = true;
    this.read.signal.removeEventListener('abort', this.onAbort);
  }
}
