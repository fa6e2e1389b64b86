// One stream: understand its head, verify its token, set the identity, hand it to an exchange. What kube-azure-ad-proxy does.
import { AuthError, authRefusal, bearerToken } from '../auth/index.ts';
import type { TokenVerifier, VerifiedToken } from '../auth/index.ts';
import { decodeRequestHead, filterRequestHeaders, HttpError } from '../http/index.ts';
import type { HeaderList, RequestHead, StatusOptions } from '../http/index.ts';
import { errorCode } from '../observe/index.ts';
import type { Logger } from '../observe/index.ts';
import type { StreamHandler, TunnelStream } from '../tunnel/index.ts';
import { outgoingHeaders } from './outgoing-headers.ts';
import { PlainExchange } from './plain-exchange.ts';
import type { ServiceAccountToken } from './service-account.ts';
import { answerStatus } from './status-answer.ts';
import { UpgradeExchange } from './upgrade-exchange.ts';
import type { Upstream } from './upstream.ts';

export interface StreamServerOptions {
  readonly verifier: TokenVerifier;
  readonly upstream: Upstream;
  readonly serviceAccount: ServiceAccountToken;
  readonly logger: Logger;
}

export interface StreamServer {
  /** For Session.onStream. */
  serve(stream: TunnelStream, head: Buffer): StreamHandler;
  readonly activeStreams: number;
  close(): void;
}

type Exchange = PlainExchange | UpgradeExchange;

interface Passage {
  readonly exchange: Exchange;
  readonly stream: TunnelStream;
  readonly head: RequestHead;
}

// How late a stream may learn that its token has expired.
const EXPIRY_SWEEP_MS = 2000;

export function createStreamServer(options: StreamServerOptions): StreamServer {
  const { verifier, upstream, serviceAccount, logger } = options;
  // When the token of each running exchange expires; Infinity until it is verified.
  const active = new Map<Exchange, number>();

  // One sweep for all: a timer for each request would cost more than the request.
  const sweep = setInterval(() => {
    const now = Date.now();
    for (const [exchange, expiresAtMs] of active) if (expiresAtMs <= now) exchange.expire();
  }, EXPIRY_SWEEP_MS);
  sweep.unref();

  function begin({ exchange, stream, head }: Passage, forwarded: HeaderList, verified: VerifiedToken): void {
    if (stream.isClosed) return;
    active.set(exchange, verified.expiresAtMs);
    try {
      exchange.start(outgoingHeaders(forwarded, verified, serviceAccount.authorization()));
    } catch (error) {
      refuse({ exchange, stream, head }, error);
    }
  }

  function refuse({ exchange, stream, head }: Passage, error: unknown): void {
    logger.info('agent.request.refused', { requestId: head.requestId, code: errorCode(error) });
    exchange.refuse(() =>
      answerStatus(stream, { ...refusalOf(error), hop: 'agent', requestId: head.requestId }),
    );
  }

  return {
    get activeStreams() {
      return active.size;
    },
    serve: (stream, bytes) => {
      let head: RequestHead;
      try {
        head = decodeRequestHead(bytes);
      } catch (error) {
        logger.warn('agent.stream.bad_head', { code: errorCode(error) });
        stream.reset('BAD_HEAD');
        return IGNORE;
      }
      const done = (): void => {
        active.delete(exchange);
      };
      const exchange: Exchange =
        head.upgrade === ''
          ? new PlainExchange(stream, head, upstream, done)
          : new UpgradeExchange(stream, head, upstream, done);
      active.set(exchange, Infinity);
      const passage: Passage = { exchange, stream, head };
      try {
        const { authorization, headers } = filterRequestHeaders(head);
        const token = bearerToken(authorization);
        const known = verifier.cached(token);
        if (known !== undefined) {
          begin(passage, headers, known);
        } else {
          verifier.verify(token).then(
            (verified) => begin(passage, headers, verified),
            (error: unknown) => refuse(passage, error),
          );
        }
      } catch (error) {
        refuse(passage, error);
      }
      return exchange;
    },
    close: () => clearInterval(sweep),
  };
}

const IGNORE: StreamHandler = { onData: () => undefined, onEnd: () => undefined, onReset: () => undefined };

function refusalOf(error: unknown): Omit<StatusOptions, 'hop' | 'requestId'> {
  if (error instanceof AuthError)
    return { ...authRefusal(error), message: error.reason, errorCode: error.code };
  if (error instanceof HttpError) {
    return { code: error.status, reason: error.reason, message: error.message, errorCode: error.code };
  }
  return { code: 500, reason: 'InternalError', message: `the agent failed (${errorCode(error)})` };
}
