// An apiserver that is one function: it gets each dispatched request and drives undici's handler by hand.
import type { Dispatcher } from 'undici';
import type { UpstreamRequest } from '../../relay-agent/upstream-request.ts';
import type { Upstream } from '../../relay-agent/upstream.ts';

export interface Dispatched extends UpstreamRequest {
  /** Why the caller broke it off; undefined while it did not. */
  readonly aborted: () => Error | undefined;
  /** The beginning of an answer, without its end. */
  begin(status: number, chunk: string): void;
  /** A whole answer, in the pieces given. */
  answer(status: number, ...chunks: readonly string[]): void;
  fail(error: Error): void;
}

export function upstreamDouble(onDispatch: (dispatched: Dispatched) => void): Upstream {
  return {
    dispatch: (request, handler) => {
      let aborted: Error | undefined;
      const controller: Dispatcher.DispatchController = {
        abort: (reason: Error) => {
          aborted = reason;
        },
        pause: () => undefined,
        resume: () => undefined,
        aborted: false,
        paused: false,
        reason: null,
        rawHeaders: [],
      };
      handler.onRequestStart?.(controller, {});
      onDispatch({
        ...request,
        aborted: () => aborted,
        begin: (status, chunk) => {
          handler.onResponseStart?.(controller, status, {}, '');
          handler.onResponseData?.(controller, Buffer.from(chunk));
        },
        answer: (status, ...chunks) => {
          handler.onResponseStart?.(controller, status, {}, '');
          for (const chunk of chunks) handler.onResponseData?.(controller, Buffer.from(chunk));
          handler.onResponseEnd?.(controller, {});
        },
        fail: (error) => handler.onResponseError?.(controller, error),
      });
    },
    upgrade: () => {
      throw new Error('no upgrade is expected');
    },
    close: () => Promise.resolve(),
  };
}
