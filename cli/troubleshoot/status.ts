// Reads a Kubernetes Status out of an answer: who refused, with which code, under which request id (http/status-body.ts).
import type { Hop } from '../../http/index.ts';
import { isEntry, textOf } from './entry.ts';
import { shown } from './scrub.ts';

export interface Status {
  readonly reason: string;
  readonly message: string;
  /** Undefined in a Status of the apiserver itself. */
  readonly hop: Hop | undefined;
  readonly requestId: string;
  /** `CC_ERR_…`; empty when there is none. */
  readonly errorCode: string;
}

const BLAMED: readonly Hop[] = ['gateway', 'tunnel', 'agent', 'apiserver'];
/** What `statusMessage` of http/ adds: shown on its own. */
const WHO_AND_WHICH = / \((?:gateway|tunnel|agent|apiserver), request id [^)]*\)$/;
const ERROR_CODE = /^CC_ERR_[A-Z0-9_]{1,80}$/;
const REQUEST_ID = /^[\w-]{1,128}$/;

export function readStatus(text: string): Status | undefined {
  const body = readJson(text);
  if (body === undefined || body['kind'] !== 'Status') return undefined;
  const { details } = body;
  const causes =
    isEntry(details) && Array.isArray(details['causes']) ? details['causes'].filter(isEntry) : [];
  const cause = (reason: string): string => {
    const found = causes.find((one) => one['reason'] === reason);
    return found === undefined ? '' : textOf(found, 'message');
  };
  const [requestId, errorCode] = [cause('RequestId'), cause('ErrorCode')];
  return {
    reason: shown(textOf(body, 'reason')),
    message: shown(textOf(body, 'message')).replace(WHO_AND_WHICH, ''),
    hop: BLAMED.find((hop) => hop === cause('Hop')),
    requestId: REQUEST_ID.test(requestId) ? requestId : '',
    errorCode: ERROR_CODE.test(errorCode) ? errorCode : '',
  };
}

/** The object that a JSON text holds. */
export function readJson(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
