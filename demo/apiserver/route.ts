// One request from its first byte to its answer, in the order of kube-apiserver's handler chain:
// authenticate, impersonate, authorize, and only then look at what is asked for.
import type { UserInfo } from '../../auth/index.ts';
import { forbiddenError } from './access/authorizer.ts';
import type { Authorizer } from './access/authorizer.ts';
import { impersonate } from './access/impersonate.ts';
import { answerReview } from './access/reviews.ts';
import { answerTokenRequest } from './access/token-request.ts';
import type { TokenTable } from './access/token-table.ts';
import { asStatusError, sendError, sendObject } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { textAt } from './json.ts';
import { readObject } from './objects/body.ts';
import { answerList, answerObject, answerWatch, findObject } from './objects/reads.ts';
import { toScale } from './objects/scale.ts';
import type { WatchHub } from './objects/watch-hub.ts';
import {
  answerCreate,
  answerDelete,
  answerDeleteCollection,
  answerPatch,
  answerUpdate,
} from './objects/writes.ts';
import type { WriteContext, WriteRequest } from './objects/writes.ts';
import { readRequestInfo } from './request-info.ts';
import type { RequestInfo } from './request-info.ts';
import { PODS, SERVICE_ACCOUNTS, findResourceType } from './resource-types.ts';
import type { ResourceType } from './resource-types.ts';
import { refuseUpgrade } from './simulated/exec.ts';
import type { PodExec, Upgrade } from './simulated/exec.ts';
import type { PodLogs } from './simulated/logs.ts';
import { StatusError, badRequest, noSuchPath } from './status-error.ts';
import { answerSystemPath } from './system-paths.ts';

export interface RouteContext extends WriteContext {
  readonly authorizer: Authorizer;
  readonly tokens: TokenTable;
  readonly watchHub: WatchHub;
  readonly logs: PodLogs;
  readonly exec: PodExec;
  /** `host:port`, as discovery tells it. */
  readonly address: () => string;
  /** Called once a request was judged, before its answer. */
  readonly audit: (record: AuditRecord) => void;
  /** Called with an error that is the stand-in's own fault. */
  readonly failed: (error: unknown) => void;
}

/** Who asked for what as whom: what kube-apiserver's audit log keeps of a request. */
export interface AuditRecord {
  readonly verb: string;
  readonly target: string;
  /** The authenticated user; empty when authentication failed. */
  readonly user: string;
  readonly impersonatedUser: UserInfo | undefined;
  /** 0 when the request was allowed, else the status of its refusal. */
  readonly refused: number;
}

interface Judged {
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly user: UserInfo;
}

/** Answers a plain request. Never rejects. */
export async function answerRequest(context: RouteContext, exchange: Exchange): Promise<void> {
  try {
    const judged = judge(
      context,
      exchange.method,
      exchange.target,
      exchange.rawHeaders,
      exchange.header('authorization'),
    );
    await answerJudged(context, exchange, judged);
  } catch (error) {
    if (!(error instanceof StatusError)) context.failed(error);
    sendError(exchange, error);
  }
}

/** Answers an HTTP/1.1 upgrade: exec, or a refusal. */
export function answerUpgrade(context: RouteContext, upgrade: Upgrade): void {
  const { method = '', url = '', rawHeaders, headers } = upgrade.request;
  try {
    const { info, query } = judge(context, method, url, rawHeaders, headers.authorization);
    const type = findResourceType(info.group, info.version, info.resource);
    if (type !== PODS || info.name === '' || info.subresource === '')
      throw badRequest('this path cannot be upgraded');
    if (info.subresource !== 'exec' || info.surplus > 0) {
      throw new StatusError(
        'NotFound',
        `the stand-in does not offer pods/${info.subresource}: exec and log only`,
      );
    }
    context.exec.start(upgrade, findObject(context.store, PODS, info), query);
  } catch (error) {
    if (!(error instanceof StatusError)) context.failed(error);
    refuseUpgrade(upgrade, asStatusError(error));
  }
}

/** @throws StatusError 400, 401, 403 */
function judge(
  { tokens, authorizer, audit }: RouteContext,
  method: string,
  target: string,
  rawHeaders: readonly string[],
  authorization: string | undefined,
): Judged {
  let verb = method;
  let name = '';
  let impersonated: UserInfo | undefined;
  const record = (refused: number): void =>
    audit({ verb, target, user: name, impersonatedUser: impersonated, refused });
  try {
    const caller = tokens.authenticate(authorization);
    name = caller.name;
    const { info, query } = readRequestInfo(method, target);
    verb = info.verb;
    const user = impersonate(caller, rawHeaders, authorizer);
    if (user !== caller) impersonated = user;
    const { path, isResource, group, resource, subresource, namespace } = info;
    const what = { verb, group, resource, subresource, name: info.name, namespace };
    const wanted = isResource ? what : { ...what, path };
    if (!authorizer.allows(user, wanted)) throw forbiddenError(user, wanted);
    record(0);
    return { info, query, user };
  } catch (error) {
    record(asStatusError(error).httpStatus);
    throw error;
  }
}

async function answerJudged(context: RouteContext, exchange: Exchange, judged: Judged): Promise<void> {
  const { info, query, user } = judged;
  if (!info.isResource) {
    answerSystemPath(exchange, info.path, context.address());
    return;
  }
  const type = findResourceType(info.group, info.version, info.resource);
  if (type === undefined || info.surplus > 0) throw noSuchPath();
  requireScope(type, info);
  if (!type.stored) {
    if (info.verb !== 'create' || info.name !== '') throw methodNotAllowed();
    const posted = await readObject(exchange);
    const { authorizer, tokens } = context;
    const answer = answerReview(type, posted, { user, authorizer, tokens, namespace: info.namespace });
    sendObject(exchange, 201, answer);
    return;
  }
  const request = { exchange, type, info, query, user };
  if (info.subresource === '') await answerObjects(context, request);
  else await answerSubresource(context, request);
}

/** A namespaced kind is written below its namespace; a cluster-scoped one never is. */
function requireScope(type: ResourceType, info: RequestInfo): void {
  const acrossNamespaces = info.namespace === '' && info.name === '' && ['list', 'watch'].includes(info.verb);
  const exactName = info.namespace === '' && ['list', 'watch'].includes(info.verb);
  if (type.namespaced && info.namespace === '' && type.stored && !acrossNamespaces && !exactName)
    throw methodNotAllowed();
  if (!type.namespaced && info.namespace !== '' && info.resource !== 'namespaces') throw noSuchPath();
}

async function answerObjects(context: RouteContext, request: WriteRequest): Promise<void> {
  const { exchange, type, info, query } = request;
  switch (info.verb) {
    case 'get':
      answerObject(exchange, query, 200, findObject(context.store, type, info));
      return;
    case 'list':
      answerList(exchange, context.store, type, info, query);
      return;
    case 'watch':
      answerWatch(exchange, context.watchHub, type, info, query);
      return;
    case 'create':
      if (info.name !== '') throw methodNotAllowed();
      await answerCreate(context, request);
      return;
    case 'update':
    case 'patch':
      if (info.name === '') throw methodNotAllowed();
      await (info.verb === 'update' ? answerUpdate(context, request) : answerPatch(context, request));
      return;
    case 'delete':
      await answerDelete(context, request);
      return;
    case 'deletecollection':
      await answerDeleteCollection(context, request);
      return;
    default:
      throw methodNotAllowed();
  }
}

async function answerSubresource(context: RouteContext, request: WriteRequest): Promise<void> {
  const { exchange, type, info, query } = request;
  const part = type.subresources.find(({ name }) => name === info.subresource);
  if (part === undefined || info.name === '') throw noSuchPath();
  if (!part.verbs.includes(info.verb)) throw methodNotAllowed();
  const object = findObject(context.store, type, info);
  if (type === PODS && part.name === 'exec') throw badRequest('Upgrade request required');
  if (type === PODS && part.name === 'log') {
    const uid = textAt(object, 'metadata', 'uid');
    const exists = (): boolean => {
      return textAt(context.store.get(PODS, info.namespace, info.name), 'metadata', 'uid') === uid;
    };
    context.logs.answer(exchange, object, query, exists);
  } else if (type === SERVICE_ACCOUNTS && part.name === 'token') {
    sendObject(exchange, 201, answerTokenRequest(object, await readObject(exchange), context.tokens));
  } else if (info.verb === 'get') {
    answerObject(exchange, query, 200, part.name === 'scale' ? toScale(object) : object);
  } else await (info.verb === 'update' ? answerUpdate(context, request) : answerPatch(context, request));
}

function methodNotAllowed(): StatusError {
  return new StatusError(
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
  );
}
