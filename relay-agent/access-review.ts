// One SubjectAccessReview (authorization.k8s.io/v1): may this user impersonate that? Asked in the agent's own name, the
// only request of its own that an agent ever sends: path and body are made here, nothing of a client's is among them.
import type { Dispatcher } from 'undici';
import type { UserInfo } from '../auth/index.ts';
import type { ImpersonationCheck } from '../http/index.ts';
import { errorCode } from '../observe/index.ts';
import { AGENT_LIMITS } from './limits.ts';
import { ReviewError } from './review-error.ts';
import type { Upstream } from './upstream.ts';

const REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

export interface AccessReview {
  /** The agent's own credentials. */
  readonly authorization: string;
  /** Also the review's Audit-Id, so that the audit log shows it beside the request that it was made for. */
  readonly requestId: string;
  readonly user: UserInfo;
  readonly check: ImpersonationCheck;
  /** When the waiting ends. */
  readonly signal: AbortSignal;
}

export interface Decision {
  readonly allowed: boolean;
  /** The authorizer's words; mostly empty. */
  readonly reason: string;
}

/** @throws ReviewError when there is no clear answer, which means no */
export function reviewAccess(upstream: Upstream, review: AccessReview): Promise<Decision> {
  return new Promise((resolve, reject) => {
    const exchange = new ReviewExchange(review.signal, (error, text) => {
      if (error !== undefined) return reject(error);
      try {
        resolve(readDecision(text));
      } catch (cause) {
        reject(cause instanceof ReviewError ? cause : oddAnswer('something that is not JSON', cause));
      }
    });
    const headers = [
      'accept',
      'application/json',
      'content-type',
      'application/json',
      'user-agent',
      'cluster-connect-agent',
      'audit-id',
      review.requestId,
      'authorization',
      review.authorization,
    ];
    if (review.signal.aborted) return exchange.giveUp();
    try {
      upstream.dispatch({ method: 'POST', target: REVIEWS, headers, body: reviewBody(review) }, exchange);
    } catch (error) {
      exchange.onResponseError(undefined, error);
    }
  });
}

function reviewBody({ user, check }: AccessReview): Buffer {
  const { group, resource, subresource, namespace, name } = check;
  return Buffer.from(
    JSON.stringify({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: user.name,
        // The apiserver adds this group to whomever it authenticates, and to no one in a review.
        groups: [...user.groups, 'system:authenticated'],
        ...(user.uid !== '' && { uid: user.uid }),
        extra: user.extra,
        resourceAttributes: {
          verb: 'impersonate',
          group,
          ...(group !== '' && { version: 'v1' }),
          resource,
          subresource,
          namespace,
          name,
        },
      },
    }),
  );
}

/** @throws SyntaxError, ReviewError */
function readDecision(text: string): Decision {
  const review = asRecord(JSON.parse(text));
  const status = asRecord(review['status']);
  const { allowed, denied, reason, evaluationError } = status;
  if (review['kind'] !== 'SubjectAccessReview' || typeof allowed !== 'boolean') {
    throw oddAnswer('something that is not a decision');
  }
  // As the apiserver's own filter: what could not be evaluated is not allowed, whatever else was said.
  const clear = (denied === undefined || denied === false) && (evaluationError ?? '') === '';
  return { allowed: allowed && clear, reason: typeof reason === 'string' ? reason : '' };
}

class ReviewExchange implements Dispatcher.DispatchHandler {
  private readonly signal: AbortSignal;
  private readonly onDone: (error: ReviewError | undefined, text: string) => void;
  private readonly onTimeout = (): void => this.giveUp();
  private readonly chunks: Buffer[] = [];
  private bytes = 0;
  private refused: ReviewError | undefined = undefined;
  private controller: Dispatcher.DispatchController | undefined = undefined;
  private settled = false;

  constructor(signal: AbortSignal, onDone: (error: ReviewError | undefined, text: string) => void) {
    this.signal = signal;
    this.onDone = onDone;
    signal.addEventListener('abort', this.onTimeout);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.settled) controller.abort(new Error('the review is over'));
  }

  // The rest of the answer is read too: to break it off would cost the apiserver a new connection for each refusal.
  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    if (status >= 200 && status !== 201) this.refused = refusedReview(status);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.bytes += chunk.byteLength;
    if (this.bytes <= AGENT_LIMITS.REVIEW_MAX_ANSWER_BYTES) return void this.chunks.push(chunk);
    this.settle(oddAnswer('too many bytes'));
    controller.abort(new Error('the review is over'));
  }

  onResponseEnd(): void {
    this.settle(undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: unknown): void {
    this.settle(
      new ReviewError(
        'CC_ERR_AGENT_REVIEW_UNAVAILABLE',
        `the kube-apiserver could not be asked whether this user may impersonate (${errorCode(error)})`,
        { cause: error },
      ),
    );
  }

  giveUp(): void {
    this.settle(
      new ReviewError(
        'CC_ERR_AGENT_REVIEW_TIMEOUT',
        'the kube-apiserver did not say in time whether this user may impersonate',
      ),
    );
    this.controller?.abort(new Error('the review is over'));
  }

  /** @param broken what became of the answer; a status that refused says more than how its body ended */
  private settle(broken: ReviewError | undefined): void {
    if (this.settled) return;
    this.settled = true;
    this.signal.removeEventListener('abort', this.onTimeout);
    const error = this.refused ?? broken;
    this.onDone(error, error === undefined ? Buffer.concat(this.chunks).toString('utf8') : '');
  }
}

// 201 Created is the one good status. A 401 is about the agent's token: the client's own is not to blame for it.
function refusedReview(status: number): ReviewError {
  if (status === 403) {
    return new ReviewError(
      'CC_ERR_AGENT_ACT_AS_DISABLED',
      'acting as somebody else (--as) is not enabled for this cluster: the agent may not create subjectaccessreviews; ' +
        'to enable it, apply the ClusterRole cluster-connect-agent-act-as of deploy/kubernetes/agent-rbac.yaml',
    );
  }
  if (status === 429 || status === 503) {
    return new ReviewError(
      'CC_ERR_AGENT_REVIEW_UNAVAILABLE',
      `the kube-apiserver has no time to say whether this user may impersonate (${status})`,
    );
  }
  return oddAnswer(`status ${status}`);
}

function oddAnswer(what: string, cause?: unknown): ReviewError {
  return new ReviewError(
    'CC_ERR_AGENT_REVIEW_ANSWER',
    `the kube-apiserver answered ${what} when asked whether this user may impersonate`,
    { cause },
  );
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
