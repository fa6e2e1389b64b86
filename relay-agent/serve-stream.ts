// One stream: understand its head, verify its token, set the identity, hand it to an exchange. What kube-azure-ad-proxy does.
import {
  actingHeaders,
  auditFields,
  AuthError,
  authRefusal,
  bearerToken,
  createNonceMemory,
  createPopGate,
} from '../auth/index.ts';
import type { DenyList, TokenVerifier, VerifiedToken } from '../auth/index.ts';
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
import { GroupFilterError } from './groups/index.ts';
import type { GroupFilter } from './groups/index.ts';
import { outgoingHeaders, passedThroughHeaders } from './outgoing-headers.ts';
import { PlainExchange } from './plain-exchange.ts';
import { ReviewError } from './review-error.ts';
import type { ServiceAccountToken } from './service-account.ts';
import { answerForbidden, answerStatus } from './status-answer.ts';
import { UpgradeExchange } from './upgrade-exchange.ts';
import type { Upstream } from './upstream.ts';

export interface StreamServerOptions {
  /** What a proof-of-possession token must name. */
  readonly clusterId: string;
  readonly verifier: TokenVerifier;
  readonly denyList?: DenyList;
  /** How long a stream may outlive its token. */
  readonly tokenGraceMs?: number;
  /** Leaves out groups that nothing in the cluster names; without it all of a user's are sent. */
  readonly groups?: Pick<GroupFilter, 'impersonationOf' | 'userOf'>;
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
  /** Undefined until its token is verified. */
  verified: VerifiedToken | undefined;
  readonly exchange: Exchange;
  readonly stream: TunnelStream;
  readonly head: RequestHead;
}

// How late a stream may learn that its token has expired or was withdrawn.
const EXPIRY_SWEEP_MS = 2000;

export function createStreamServer(options: StreamServerOptions): StreamServer {
  const {
    clusterId,
    verifier,
    denyList,
    upstream,
    serviceAccount,
    logger,
    groups,
    tokenGraceMs = 0,
  } = options;
  const popGate = createPopGate(createNonceMemory());
  const actAs = createActAs({ upstream, serviceAccount });
  const active = new LiveSet<Passage>();

  // One sweep for all: a timer for each request would cost more than the request.
  const endWithTokens = (): void => {
    const over = Date.now() - tokenGraceMs;
    for (const { exchange, verified, head } of active) {
      if (verified === undefined) continue;
      const isDenied = denyList?.denies(verified) === true;
      if (verified.expiresAtMs > over && !isDenied) continue;
      const reason = isDenied ? 'denied' : 'expired';
      logger.info('audit.stream.ended', { requestId: head.requestId, reason, ...auditFields(verified) });
      exchange.expire();
    }
  };
  const sweep = setInterval(endWithTokens, EXPIRY_SWEEP_MS);
  sweep.unref();
  denyList?.onChange(endWithTokens);

  function begin(passage: Passage, forwarded: ForwardedHeaders, verified: VerifiedToken): void {
    if (passage.stream.isClosed) return;
    passage.verified = verified;
    if (verified.pop !== undefined) {
      prove(passage, forwarded, verified).catch((error: unknown) => refuse(passage, error));
      return;
    }
    try {
      beginAs(passage, forwarded, verified);
    } catch (error) {
      refuse(passage, error);
    }
  }

  // Who brings it is not known here: what is seen is a token for another cluster, and another one with the same nonce.
  async function prove(
    passage: Passage,
    forwarded: ForwardedHeaders,
    verified: VerifiedToken,
  ): Promise<void> {
    await popGate.check(verified, clusterId, '');
    if (!passage.stream.isClosed) beginAs(passage, forwarded, verified);
  }

  function beginAs(passage: Passage, forwarded: ForwardedHeaders, verified: VerifiedToken): void {
    const { headers, asked } = forwarded;
    if (verified.kind === 'service-account') {
      if (asked !== undefined) throw serviceAccountActs();
      return passage.exchange.start(passedThroughHeaders(headers, forwarded.authorization));
    }
    if (asked === undefined)
      return send(passage, headers, groups?.impersonationOf(verified) ?? verified.impersonation);
    beginActing(passage, headers, verified, asked).catch((error: unknown) => refuse(passage, error));
  }

  function send(passage: Passage, forwarded: HeaderList, impersonation: readonly string[]): void {
    passage.exchange.start(outgoingHeaders(forwarded, impersonation, serviceAccount.authorization()));
  }

  // Seldom: the request waits until the apiserver has said that this user may act as another one.
  async function beginActing(
    passage: Passage,
    forwarded: HeaderList,
    verified: VerifiedToken,
    asked: AskedIdentity,
  ): Promise<void> {
    const { exchange, stream, head } = passage;
    const { requestId } = head;
    const user = groups?.userOf(verified) ?? verified.user;
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
      const passage: Passage = { slot: -1, verified: undefined, exchange, stream, head };
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

function serviceAccountActs(): AuthError {
  return new AuthError(
    'CC_ERR_AUTH_IDENTITY',
    'a ServiceAccount that comes with its own token cannot act as somebody else through the relay: leave out --as',
  );
}

function refusalOf(
  error: unknown,
): Omit<StatusOptions, 'hop' | 'requestId'> & Partial<Pick<StatusOptions, 'hop'>> {
  if (error instanceof AuthError)
    return { ...authRefusal(error), message: error.reason, errorCode: error.code };
  if (error instanceof ReviewError || error instanceof GroupFilterError) {
    const { status: code, ...answer } = error.answer;
    return { code, ...answer, message: error.message, errorCode: error.code };
  }
  if (error instanceof HttpError) {
    return { code: error.status, reason: error.reason, message: error.message, errorCode: error.code };
  }
  return { code: 500, reason: 'InternalError', message: `the agent failed (${errorCode(error)})` };
}
