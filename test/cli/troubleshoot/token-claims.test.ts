// What is read out of a token, of every kind, and what is not.
import { describe, expect, it } from 'vitest';
import { describeToken, remainingText } from '../../../cli/troubleshoot/token-claims.ts';
import { createTenant } from '../../../demo/entra/index.ts';

const NOW_MS = Date.parse('2026-05-01T12:00:00Z');
const tenant = createTenant({ origin: 'https://login.example' });

function jwt(payload: unknown, header: unknown = { alg: 'RS256', typ: 'JWT', kid: 'key-1' }): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode(header)}.${encode(payload)}.signature-canary`;
}

describe('a token of Entra', () => {
  it.each([1, 2] as const)('of version %d names the client by whichever claim has it', (version) => {
    const { facts } = describeToken(tenant.issueToken({ user: 'alice', version }), Date.now());
    expect(facts).toMatchObject({
      version: `${version}.0`,
      kind: 'user',
      applicationId: tenant.directory.apps[0]?.clientId,
      proof: 'bearer',
    });
  });

  it('of an application is known with and without idtyp', () => {
    const app = 'deployment pipeline';
    const withType = describeToken(tenant.issueToken({ app }), Date.now());
    const without = describeToken(tenant.issueToken({ app, overrides: { idtyp: undefined } }), Date.now());
    expect(withType.facts).toMatchObject({ kind: 'application', roles: ['Cluster.Connect'], scopes: [] });
    expect(without.facts).toMatchObject({ kind: 'application' });
  });

  it('with too many groups says overage', () => {
    const overage = jwt({
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: 'https://evil' } },
    });
    const { facts } = describeToken(overage, NOW_MS);
    expect(facts['groups']).toBe('overage');
    expect(JSON.stringify(facts)).not.toContain('evil');
    expect(describeToken(jwt({ groups: ['a', 'b', 'c'] }), NOW_MS).facts['groups']).toBe(3);
    expect(describeToken(jwt({ hasgroups: true }), NOW_MS).facts['groups']).toBe('overage');
  });

  it('with proof of possession shows the inner token, the cluster and the age', () => {
    const inner = jwt({ aud: 'api', oid: 'o-1', scp: 'x', exp: NOW_MS / 1000 + 3600 });
    const outer = jwt(
      { at: inner, u: 'cluster-id', ts: NOW_MS / 1000 - 30, nonce: 'n', cnf: { jwk: { n: 'key-canary' } } },
      { typ: 'pop', alg: 'RS256', kid: 'thumb' },
    );
    const { facts, expiresAt, summary } = describeToken(outer, NOW_MS);
    expect(facts).toMatchObject({
      proof: 'pop',
      popCluster: 'cluster-id',
      popAgeSeconds: 30,
      objectId: 'o-1',
    });
    expect(expiresAt).toBe(NOW_MS / 1000 + 3600);
    expect(summary).toBe('user o-1 with proof of possession, expires in 60 min');
    expect(JSON.stringify(facts)).not.toMatch(/signature-canary|key-canary|eyJ/);
  });
});

it('a ServiceAccount’s token is known by its subject', () => {
  const { facts, summary } = describeToken(
    jwt({ iss: 'https://kubernetes.default.svc', sub: 'system:serviceaccount:ci:deployer', aud: ['a', 'b'] }),
    NOW_MS,
  );
  expect(facts).toMatchObject({
    kind: 'service-account',
    serviceAccount: 'ci:deployer',
    audience: ['a', 'b'],
  });
  expect(summary).toBe('service-account ci:deployer');
});

it.each([
  ['a word', 'opaque'],
  ['two parts', 'a.b'],
  ['parts that are no JSON', 'a.b.c'],
  [
    'an array inside',
    `${Buffer.from('{}').toString('base64url')}.${Buffer.from('[]').toString('base64url')}.c`,
  ],
  ['five parts', 'a.b.c.d.e'],
])('%s is opaque', (_name, token) => {
  expect(describeToken(token, NOW_MS)).toMatchObject({ facts: { format: 'opaque' }, expiresAt: undefined });
});

it('claims of wrong types and sizes are left out or cut, and never throw', () => {
  const { facts } = describeToken(
    jwt({
      iss: ['x'],
      aud: 7,
      exp: 'soon',
      iat: -5,
      nbf: 1e300,
      tid: 'x'.repeat(5000),
      oid: 'a\n\u001bb',
      roles: [1, 'r'],
    }),
    NOW_MS,
  );
  expect(facts).toMatchObject({
    issuer: '',
    audience: [],
    expiresAt: '',
    issuedAt: '',
    notBefore: '',
    roles: ['r'],
  });
  expect(String(facts['tenant']).length).toBeLessThan(400);
  expect(facts).not.toHaveProperty('remainingSeconds');
});

it.each([
  [30, 'expires in 30 s'],
  [-30, 'expired 30 s ago'],
  [4500, 'expires in 75 min'],
  [86_400, 'expires in 24 h'],
])('%d s read as "%s"', (seconds, text) => {
  expect(remainingText(seconds)).toBe(text);
});
