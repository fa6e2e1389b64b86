// From an answer to the hop that refused: what the Status says, for codes that are hard to bring about on purpose.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blame } from '../../../cli/troubleshoot/blame.ts';
import { PROBLEMS } from '../../../cli/troubleshoot/hops.ts';
import { readStatus } from '../../../cli/troubleshoot/status.ts';
import { statusBody } from '../../../http/index.ts';
import type { Hop, StatusReason } from '../../../http/index.ts';

const CLAIMS = {
  issuer: 'https://issuer',
  audience: ['api'],
  tenant: 't-1',
  objectId: 'o-1',
  kind: 'user',
  scopes: ['one'],
  roles: [],
  popCluster: 'cluster-2',
};

function answer(code: number, text: string) {
  return { code, text, header: () => '', status: readStatus(text) };
}

function refusal(code: number, hop: Hop, errorCode: string, reason: StatusReason = 'InternalError') {
  const body = statusBody({ code, reason, message: 'because', hop, requestId: 'request-7', errorCode });
  return answer(code, body.toString('utf8'));
}

function blamed(...of: Parameters<typeof refusal>) {
  return blame(refusal(...of), { claims: CLAIMS, clockDifferenceMs: 0 });
}

describe('a refusal names its hop', () => {
  it.each<[number, Hop, string, string, string]>([
    [502, 'tunnel', '', 'tunnel', 'tunnel-broken'],
    [503, 'tunnel', 'CC_ERR_STREAM_REFUSED', 'tunnel', 'tunnel-busy'],
    [503, 'gateway', 'CC_ERR_GATEWAY_CLUSTER_OFFLINE', 'tunnel', 'agent-not-connected'],
    [429, 'gateway', 'CC_ERR_GATEWAY_USER_STREAMS', 'access', 'gateway-busy'],
    [503, 'gateway', 'CC_ERR_AUTH_UNAVAILABLE', 'access', 'gateway-busy'],
    [403, 'gateway', 'CC_ERR_GATEWAY_FORBIDDEN', 'access', 'role'],
    [431, 'gateway', 'CC_ERR_HTTP_HEADERS_TOO_LARGE', 'access', 'gateway-refuses'],
    [503, 'agent', 'CC_ERR_AUTH_UNAVAILABLE', 'agent', 'agent-failed'],
    [503, 'agent', 'CC_ERR_AUTH_GRAPH_UNAVAILABLE', 'agent', 'agent-failed'],
    [403, 'agent', 'CC_ERR_AUTH_IDENTITY', 'agent', 'agent-refuses-token'],
    [403, 'agent', 'CC_ERR_AGENT_ACT_AS_DISABLED', 'agent', 'agent-refuses'],
    [500, 'agent', '', 'agent', 'agent-failed'],
    [502, 'apiserver', '', 'apiserver', 'apiserver-broken'],
    [504, 'apiserver', '', 'apiserver', 'apiserver-broken'],
  ])('%d of the %s, %s: %s, %s', (code, hop, errorCode, wanted, problem) => {
    const found = blamed(code, hop, errorCode);
    expect(found).toMatchObject({
      hop: wanted,
      failure: { problem, message: 'because', requestId: 'request-7' },
    });
    expect(PROBLEMS[found?.hop ?? 'exec']).toContain(problem);
  });
});

describe('a token that the gateway refuses', () => {
  // Of agents' own assertions, never of a person's token.
  const OF_AGENTS = ['CC_ERR_AUTH_UNKNOWN_CLUSTER', 'CC_ERR_AUTH_PROOF'];
  const page = readFileSync(join(import.meta.dirname, '../../../docs/errors.md'), 'utf8');
  const codes = [...page.matchAll(/^\| `(CC_ERR_AUTH_[A-Z_]+)`\s*\| (401|403)\s*\|/gm)]
    .map(([, code = '', status]) => ({ code, status: Number(status) }))
    .filter(({ code }) => !OF_AGENTS.includes(code));

  it('has many codes', () => expect(codes.length).toBeGreaterThan(15));

  it.each(codes)('$code has an advice of its own', ({ code, status }) => {
    const found = blamed(status, 'gateway', code);
    expect(found?.hop).toBe('access');
    expect(found?.failure.errorCode).toBe(code);
    expect(found?.failure.advice).not.toContain('docs/errors.md');
    expect(found?.failure.advice.length).toBeGreaterThan(40);
  });

  it.each([
    ['CC_ERR_AUTH_POP_CLUSTER', 'cluster-2'],
    ['CC_ERR_AUTH_POP', 'sign in anew'],
    ['CC_ERR_AUTH_PERMISSION', 'The token holds one'],
    ['CC_ERR_AUTH_DENIED', 'shut out'],
  ])('%s says what the token has to do with it', (code, says) => {
    expect(blamed(401, 'gateway', code)?.failure.advice).toContain(says);
  });
});

describe('an answer without a hop', () => {
  const own = (code: number, message: string) =>
    blame(answer(code, JSON.stringify({ kind: 'Status', message, reason: 'Forbidden', code })), {
      claims: CLAIMS,
      clockDifferenceMs: 0,
    });

  it('is the apiserver’s own, and its RBAC is no refusal of a hop', () => {
    expect(own(403, 'forbidden: User "o-1" cannot get path "/version"')).toBeUndefined();
    expect(own(403, 'users "o-1" is forbidden: User "system:x" cannot impersonate resource')).toMatchObject({
      hop: 'apiserver',
      failure: { problem: 'impersonation' },
    });
    expect(own(401, 'Unauthorized')).toMatchObject({ failure: { problem: 'agent-account' } });
  });

  it('that is no JSON is not an apiserver', () => {
    const found = blame(answer(200, '<html>'), { claims: CLAIMS, clockDifferenceMs: 0 });
    expect(found).toMatchObject({ hop: 'apiserver', failure: { problem: 'not-an-apiserver' } });
  });
});

it('a Status of strange shape is read without trusting it', () => {
  expect(readStatus('nonsense')).toBeUndefined();
  expect(readStatus('[]')).toBeUndefined();
  const causes = [{ reason: 'Hop', message: 'moon' }, { reason: 'ErrorCode', message: 'rm -rf' }, 7];
  expect(readStatus(JSON.stringify({ kind: 'Status', message: 5, details: { causes } }))).toEqual({
    reason: '',
    message: '',
    hop: undefined,
    requestId: '',
    errorCode: '',
  });
});

describe('a token that the agent refuses, though the gateway took it', () => {
  it.each([
    ['CC_ERR_AUTH_AUDIENCE', 'the two have other settings'],
    ['CC_ERR_AUTH_DENIED', 'The operator of the cluster has shut out'],
    ['CC_ERR_AUTH_PERMISSION', 'what the cluster requires'],
    ['CC_ERR_AUTH_TOKEN_KIND', '--pop --cluster-id'],
  ])('%s is told for what it is', (code, says) => {
    expect(blamed(403, 'agent', code)?.failure.advice).toContain(says);
  });
});

it('a ServiceAccount that no setting lets in is told so, and not to write its credential anew', () => {
  const claims = { ...CLAIMS, serviceAccount: 'ci:deployer' };
  const answer = refusal(401, 'gateway', 'CC_ERR_AUTH_MALFORMED');
  const { advice } = blame(answer, { claims, clockDifferenceMs: 0 })?.failure ?? {};
  expect(advice).toContain(
    'the ServiceAccount ci:deployer, and no setting of the gateway lets its issuer in',
  );
});
