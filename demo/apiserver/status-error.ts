// What the API answers when it refuses: metav1.Status, with the reasons and wording that kubectl prints and acts on.
import { ClusterConnectError } from '../../observe/index.ts';
import type { Json, JsonObject } from './json.ts';

export type StatusReason =
  | 'AlreadyExists'
  | 'BadRequest'
  | 'Conflict'
  | 'Expired'
  | 'Forbidden'
  | 'InternalError'
  | 'Invalid'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'NotFound'
  | 'RequestEntityTooLarge'
  | 'TooManyRequests'
  | 'Unauthorized'
  | 'UnsupportedMediaType';

const HTTP_STATUS = {
  AlreadyExists: 409,
  BadRequest: 400,
  Conflict: 409,
  Expired: 410,
  Forbidden: 403,
  InternalError: 500,
  Invalid: 422,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  NotFound: 404,
  RequestEntityTooLarge: 413,
  TooManyRequests: 429,
  Unauthorized: 401,
  UnsupportedMediaType: 415,
} as const satisfies Record<StatusReason, number>;

/** One reason why an object is invalid: what kubectl lists under "is invalid". */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
  readonly reason?:
    'FieldValueInvalid' | 'FieldValueRequired' | 'FieldValueForbidden' | 'FieldManagerConflict';
}

/** A refusal with its HTTP status. The message is for the client. */
export class StatusError extends ClusterConnectError<'CC_ERR_STANDIN_REFUSED'> {
  readonly reason: StatusReason;
  readonly httpStatus: number;
  readonly details: JsonObject;

  constructor(reason: StatusReason, message: string, details: JsonObject = {}) {
    super('CC_ERR_STANDIN_REFUSED', message);
    this.reason = reason;
    this.httpStatus = HTTP_STATUS[reason];
    this.details = details;
  }

  /** The `Status` object. */
  body(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(Object.keys(this.details).length === 0 ? {} : { details: this.details }),
      code: this.httpStatus,
    };
  }
}

export interface Named {
  readonly group: string;
  readonly resource: string;
}

/** `pods`, `deployments.apps`: how messages name a resource. */
export function qualified({ group, resource }: Named): string {
  return group === '' ? resource : `${resource}.${group}`;
}

function detailsOf(named: Named, name: string): JsonObject {
  return {
    ...(name === '' ? {} : { name }),
    ...(named.group === '' ? {} : { group: named.group }),
    kind: named.resource,
  };
}

export function badRequest(message: string): StatusError {
  return new StatusError('BadRequest', message);
}

/** No such path: kubectl takes this for "the server does not have that". */
export function noSuchPath(): StatusError {
  return new StatusError('NotFound', 'the server could not find the requested resource');
}

export function notFound(named: Named, name: string): StatusError {
  return new StatusError('NotFound', `${qualified(named)} "${name}" not found`, detailsOf(named, name));
}

export function alreadyExists(named: Named, name: string): StatusError {
  return new StatusError(
    'AlreadyExists',
    `${qualified(named)} "${name}" already exists`,
    detailsOf(named, name),
  );
}

export function conflict(named: Named, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(named)} "${name}": ${why}`;
  return new StatusError('Conflict', message, detailsOf(named, name));
}

export function forbidden(named: Named, name: string, why: string): StatusError {
  const about = name === '' ? qualified(named) : `${qualified(named)} "${name}"`;
  return new StatusError('Forbidden', `${about} is forbidden: ${why}`, detailsOf(named, name));
}

export function invalid(
  group: string,
  kind: string,
  name: string,
  problems: readonly FieldProblem[],
): StatusError {
  const texts = problems.map(({ field, message }) => `${field}: ${message}`);
  const list = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
  const about = group === '' ? kind : `${kind}.${group}`;
  const causes: Json[] = problems.map(({ field, message, reason = 'FieldValueInvalid' }) => {
    return { reason, message, field };
  });
  return new StatusError('Invalid', `${about} "${name}" is invalid: ${list}`, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind,
    causes,
  });
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

export function tooManyRequests(message: string): StatusError {
  return new StatusError('TooManyRequests', message, { retryAfterSeconds: 1 });
}
