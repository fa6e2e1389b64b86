// One stream: understand its head, verify its token, set the identity, hand it to an exchange. What kube-azure-ad-proxy does.
import { actingHeaders, AuthError, authRefusal, bearerToken } from '../auth/index.ts';
import type { TokenVerifier, VerifiedToken } from '../auth/index.ts';
import { decodeRequestHead, filterRequestHeaders, HttpError } from '../http/index.ts';
import type {
  AskedIdentity,
  ForwardedHeaders,
  HeaderList,
  RequestHead,
  StatusOptions,
} from '../http/index.ts';
import { LiveSet } from '../memory/index.ts';
import type { Placed } from '../memory/index.ts';
import { errorCode } from '../observe/index.ts';
import type { Logger } from '../observe/index.ts';
import type { StreamHandler, TunnelStream } from '../tunnel/index.ts';
import { createActAs } from './act-as.ts';
import { outgoingHeaders } from './outgoing-headers.ts';
import { PlainExchange } from './plain-exchange.ts';
import { ReviewError } from './review-error.ts';
import type { ServiceAccountToken } from './service-account.ts';
import { answerForbidden, answerStatus } from './status-answer.ts';
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

interface Passage extends Placed {
  /** When its token expires, ms since 1970; Infinity until it is verified. */
  expiresAtMs: number;
  readonly exchange: Exchange;
  readonly stream: TunnelStream;
  readonly head: RequestHead;
}

// How late a stream may learn that its token has expired.
const EXPIRY_SWEEP_MS = 2000;

export function createStreamServer(options: StreamServerOptions): StreamServer {
  const { verifier, upstream, serviceAccount, logger } = options;
  const actAs = createActAs({ upstream, serviceAccount });
  const active = new LiveSet<Passage>();

  // One sweep for all: a timer for each request would cost more than the request.
  const sweep = setInterval(() => {
    const now = Date.now();
    for (const { exchange, expiresAtMs } of active) if (expiresAtMs <= now) exchange.expire();
  }, EXPIRY_SWEEP_MS);
  sweep.unref();

  function begin(passage: Passage, forwarded: ForwardedHeaders, verified: VerifiedToken): void {
    if (passage.stream.isClosed) return;
    passage.expiresAtMs = verified.expiresAtMs;
    const { headers, asked } = forwarded;
    if (asked === undefined) return send(passage, headers, verified.impersonation);
    beginActing(passage, headers, verified, asked).catch((error: unknown) => refuse(passage, error));
  }

  function send(passage: Passage, forwarded: HeaderList, impersonation: readonly string[]): void {
    try {
      passage.exchange.start(outgoingHeaders(forwarded, impersonation, serviceAccount.authorization()));
    } catch (error) {
      refuse(passage, error);
    }
  }

  // Seldom: the request waits until the apiserver has said that this user may act as another one.
  async function beginActing(
    passage: Passage,
    forwarded: HeaderList,
    { user }: VerifiedToken,
    asked: AskedIdentity,
  ): Promise<void> {
    const { exchange, stream, head } = passage;
    const { requestId } = head;
    const refusal = await actAs.review({ requestId, user, asked, isGone: () => stream.isClosed });
    // While the apiserver was asked: nobody would hear of it.
    if (stream.isClosed) return;
    logger.info('agent.request.act_as', {
      requestId,
      allowed: refusal === undefined,
      user: user.name,
      asUser: asked.user,
      asGroups: asked.groups,
      asUid: asked.uid,
      asExtraKeys: asked.extra.map(([key]) => key),
    });
    if (refusal !== undefined) return exchange.refuse(() => answerForbidden(stream, refusal, requestId));
    send(passage, forwarded, actingHeaders(user, asked));
  }

  function refuse({ exchange, stream, head }: Passage, error: unknown): void {
    logger.info('agent.request.refused', { requestId: head.requestId, code: errorCode(error) });
    exchange.refuse(() =>
      answerStatus(stream, { hop: 'agent', ...refusalOf(error), requestId: head.requestId }),
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
        active.delete(passage);
      };
      const exchange: Exchange =
        head.upgrade === ''
          ? new PlainExchange(stream, head, upstream, done)
          : new UpgradeExchange(stream, head, upstream, done);
      const passage: Passage = { slot: -1, expiresAtMs: Infinity, exchange, stream, head };
      active.add(passage);
      try {
        const forwarded = filterRequestHeaders(head);
        const token = bearerToken(forwarded.authorization);
        const known = verifier.cached(token);
        if (known !== undefined) {
          begin(passage, forwarded, known);
        } else {
          verifier.verify(token).then(
            (verified) => begin(passage, forwarded, verified),
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

function refusalOf(
  error: unknown,
): Omit<StatusOptions, 'hop' | 'requestId'> & Partial<Pick<StatusOptions, 'hop'>> {
  if (error instanceof AuthError)
    return { ...authRefusal(error), message: error.reason, errorCode: error.code };
  if (error instanceof ReviewError) {
    const { status: code, ...answer } = error.answer;
    return { code, ...answer, message: error.message, errorCode: error.code };
  }
  if (error instanceof HttpError) {
    return { code: error.status, reason: error.reason, message: error.message, errorCode: error.code };
  }
  return { code: 500, reason: 'InternalError', message: `the agent failed (${errorCode(error)})` };
}
