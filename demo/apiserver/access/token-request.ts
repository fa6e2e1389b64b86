// `kubectl create token`: a bounded token of a ServiceAccount (authentication.k8s.io TokenRequest).
import { numberAt, objectAt, textAt } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { timestamp } from '../objects/object-store.ts';
import { badRequest } from '../status-error.ts';
import type { TokenTable } from './token-table.ts';

const DEFAULT_SECONDS = 3_600;
/** kube-apiserver's bounds: ten minutes, and (its usual maximum) a day. */
const MIN_SECONDS = 600;
const MAX_SECONDS = 86_400;

/** The TokenRequest with its status. @throws StatusError 400 */
export function answerTokenRequest(account: JsonObject, posted: JsonObject, tokens: TokenTable): JsonObject {
  const wanted = numberAt(posted, 'spec', 'expirationSeconds') ?? DEFAULT_SECONDS;
  if (wanted < MIN_SECONDS) throw badRequest(`spec.expirationSeconds: may not be less than ${MIN_SECONDS}`);
  const seconds = Math.min(Math.floor(wanted), MAX_SECONDS);
  const name = textAt(account, 'metadata', 'name');
  const namespace = textAt(account, 'metadata', 'namespace');
  const token = tokens.issueServiceAccount(
    { namespace, name, uid: textAt(account, 'metadata', 'uid') },
    seconds,
  );
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: timestamp() },
    spec: { ...objectAt(posted, 'spec'), expirationSeconds: seconds },
    status: { token, expirationTimestamp: timestamp(Date.now() + seconds * 1000) },
  };
}
