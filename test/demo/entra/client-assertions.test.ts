// Who may speak for an application: every way in which a client assertion can be wrong, and Entra's number for it.
import { createHash, createPrivateKey, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createFederatedIssuer } from '../../../demo/entra/identities/federated-issuer.ts';
import {
  createApplicationCertificate,
  createSigningKey,
  createTenant,
  DEFAULT_DIRECTORY,
  findApp,
} from '../../../demo/entra/index.ts';
import type { DirectoryApp } from '../../../demo/entra/index.ts';
import type { JsonAnswer } from '../../../demo/entra/answers.ts';
import { createTokenEndpoint } from '../../../demo/entra/token-endpoint.ts';
import type { TokenEndpoint } from '../../../demo/entra/token-endpoint.ts';
import { claimsOf } from './support.ts';

const ORIGIN = 'https://login.example.test';
const SUBJECT = 'system:serviceaccount:shop:deployer';
const AUDIENCE = 'api://AzureADTokenExchange';
const registered = createApplicationCertificate('pipeline.contoso.example');
const expired = createApplicationCertificate('pipeline.contoso.example', { validDays: -1 });
const strange = createApplicationCertificate('pipeline.contoso.example');

const base = findApp(DEFAULT_DIRECTORY, 'deployment pipeline');
const withCertificate: DirectoryApp = {
  ...base,
  clientId: '3d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7c01',
  certificates: [registered.certificatePem, expired.certificatePem],
};
const withFederation: DirectoryApp = {
  ...base,
  clientId: '3d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7c02',
  federatedCredentials: [{ issuer: '/builds', subject: SUBJECT, audience: AUDIENCE }],
};
const TENANT_ID = '0b6f5f0e-38f5-4a55-8a1c-2f4f8f0f7a13';
const PIPELINE_SUBJECT = '/eid1/c/pub/t/abc/a/def/sc/1111/2222';
const withEntra: DirectoryApp = {
  ...base,
  clientId: '3d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7c03',
  federatedCredentials: [
    { issuer: `${ORIGIN}/${TENANT_ID}/v2.0`, subject: PIPELINE_SUBJECT, audience: AUDIENCE },
  ],
};
const tenant = createTenant({
  origin: ORIGIN,
  tenantId: TENANT_ID,
  directory: { apps: [withCertificate, withFederation, withEntra, base] },
});
const builds = createFederatedIssuer(ORIGIN, '/builds');
const others = createFederatedIssuer(ORIGIN, '/others');
const ENDPOINT = `${ORIGIN}/${tenant.tenantId}/oauth2/v2.0/token`;

let endpoint: TokenEndpoint;
const start = (assertionsOnce = false): void => {
  endpoint = createTokenEndpoint({
    tenant,
    origin: ORIGIN,
    ttlSeconds: 3600,
    pollIntervalSeconds: 5,
    issuers: [builds, others, { issuer: tenant.issuer(2), publicKey: (keyId) => tenant.publicKey(keyId) }],
    assertionsOnce,
  });
};
beforeEach(() => start());

function ask(
  app: DirectoryApp,
  assertion: string,
  changes: Readonly<Record<string, string>> = {},
): JsonAnswer {
  const form = {
    grant_type: 'client_credentials',
    client_id: app.clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
    scope: `${tenant.directory.api.appIdUri}/.default`,
    ...changes,
  };
  return endpoint.token(new URLSearchParams(form));
}
const numberOf = ({ body }: JsonAnswer): unknown => Object(body).error_codes?.[0];

interface Signed {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly certificate?: typeof registered;
  readonly key?: typeof registered;
}

/** As MSAL signs it, but for what a test wants otherwise. */
async function signed({ header, claims, certificate = registered, key = certificate }: Signed = {}) {
  const now = Math.floor(Date.now() / 1000);
  const { clientId } = withCertificate;
  const thumbprint = Buffer.from(certificate.sha256Thumbprint, 'hex').toString('base64url');
  const payload = {
    aud: ENDPOINT,
    iss: clientId,
    sub: clientId,
    jti: randomUUID(),
    nbf: now,
    exp: now + 600,
  };
  return await new SignJWT({ ...payload, ...claims })
    .setProtectedHeader({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint, ...header })
    .sign(createPrivateKey(key.privateKeyPem));
}

describe('an assertion that the application signed', () => {
  it('makes it the application, whose token says so', async () => {
    const answer = ask(withCertificate, await signed());
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });
    expect(claimsOf(Object(answer.body).access_token)).toMatchObject({ azpacr: '2', idtyp: 'app' });
  });

  it.each([
    ['in RS256 with the SHA-1 thumbprint', { alg: 'RS256', 'x5t#S256': undefined, x5t: 'base64url' }],
    ['with its thumbprint in hex as kid', { 'x5t#S256': undefined, kid: 'hex' }],
  ])('may name the certificate %s', async (_, header) => {
    const sha1 = Buffer.from(registered.sha1Thumbprint, 'hex');
    const names = {
      ...('x5t' in header && { x5t: sha1.toString('base64url') }),
      ...('kid' in header && { kid: registered.sha1Thumbprint }),
    };
    expect(ask(withCertificate, await signed({ header: { ...header, ...names } })).status).toBe(200);
  });

  it('may name the certificate in padded base64, as MSAL for Go does', async () => {
    const padded = createHash('sha256')
      .update(Buffer.from(registered.certificatePem.replaceAll(/-----.*-----|\n/g, ''), 'base64'))
      .digest('base64');
    expect(ask(withCertificate, await signed({ header: { 'x5t#S256': padded } })).status).toBe(200);
  });

  const now = Math.floor(Date.now() / 1000);
  it.each<[string, number, Signed]>([
    ['with a certificate that is not registered', 700027, { certificate: strange }],
    ['with the key of another certificate', 700027, { key: strange }],
    ['with a certificate that has expired', 700027, { certificate: expired }],
    ['in another algorithm', 700027, { header: { alg: 'RS512' } }],
    ['without a name for the certificate', 700027, { header: { 'x5t#S256': undefined } }],
    ['for another issuer', 700021, { claims: { iss: base.clientId } }],
    ['for another subject', 700021, { claims: { sub: base.clientId } }],
    ['for another endpoint', 700023, { claims: { aud: `${ORIGIN}/common/oauth2/v2.0/token` } }],
    ['for several endpoints', 700023, { claims: { aud: [ENDPOINT] } }],
    ['that has expired', 700024, { claims: { exp: now - 301 } }],
    ['that never expires', 700024, { claims: { exp: undefined } }],
    ['of tomorrow', 700024, { claims: { nbf: now + 86_400 } }],
  ])('is refused %s', async (_, number, changes) => {
    const answer = ask(withCertificate, await signed(changes));
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(numberOf(answer)).toBe(number);
  });

  it.each([
    ['is empty', ''],
    ['is no JWT', 'a.b'],
    ['has a header that is no JSON', `${Buffer.from('{').toString('base64url')}.e30.AAAA`],
    ['has claims that are a list', `e30.${Buffer.from('[]').toString('base64url')}.AAAA`],
    ['is longer than any', `e30.e30.${'A'.repeat(20_000)}`],
  ])('is refused where it %s', (_, assertion) => {
    expect(numberOf(ask(withCertificate, assertion))).toBe(50027);
  });

  it('is refused under another type, and its application without any', async () => {
    const type = { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' };
    expect(numberOf(ask(withCertificate, await signed(), type))).toBe(900144);
    const form = { grant_type: 'client_credentials', client_id: withCertificate.clientId, scope: 'any' };
    const answer = endpoint.token(new URLSearchParams(form));
    expect(answer).toMatchObject({ status: 401, body: { error_codes: [7000218] } });
  });

  it('may come again, but its jti in no other', async () => {
    const assertion = await signed({ claims: { jti: 'one' } });
    expect(ask(withCertificate, assertion).status).toBe(200);
    expect(ask(withCertificate, assertion).status).toBe(200);
    expect(numberOf(ask(withCertificate, await signed({ claims: { jti: 'one', exp: now + 599 } })))).toBe(
      50027,
    );
  });

  it('comes once only where the double is told so', async () => {
    start(true);
    const assertion = await signed();
    expect(ask(withCertificate, assertion).status).toBe(200);
    expect(numberOf(ask(withCertificate, assertion))).toBe(50027);
  });
});

describe('an assertion that another issuer signed', () => {
  const issue = (changes: Partial<Parameters<typeof builds.issue>[0]> = {}): string =>
    builds.issue({ subject: SUBJECT, ...changes });

  it('makes it the application that names it', () => {
    expect(ask(withFederation, issue()).status).toBe(200);
  });

  it.each<[string, number, () => string]>([
    ['of another issuer', 700211, () => others.issue({ subject: SUBJECT })],
    ['of an issuer that only begins alike', 700211, () => issue({ claims: { iss: `${builds.issuer}/` } })],
    ['of another subject', 700213, () => issue({ subject: `${SUBJECT}-2` })],
    ['in other letters', 700213, () => issue({ subject: SUBJECT.toUpperCase() })],
    ['for another audience', 700212, () => issue({ audience: 'api://other' })],
    ['for several audiences', 700212, () => issue({ claims: { aud: [AUDIENCE] } })],
    ['with a key that the issuer does not publish', 7000272, () => issue({ signWith: createSigningKey() })],
    [
      'with a key that says it is the issuer’s',
      7000272,
      () => {
        const [header = ''] = issue().split('.');
        const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
        return issue({ signWith: createSigningKey(kid) });
      },
    ],
    ['that has expired', 700024, () => issue({ ttlSeconds: -301 })],
  ])('is refused %s', (_, number, make) => {
    const answer = ask(withFederation, make());
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(numberOf(answer)).toBe(number);
  });

  it('may be of Entra itself, as Azure Pipelines’ newer connections have it', () => {
    const overrides = { aud: AUDIENCE, sub: PIPELINE_SUBJECT };
    const assertion = tenant.issueToken({ app: base, overrides });
    expect(ask(withEntra, assertion).status).toBe(200);
    expect(numberOf(ask(withFederation, assertion))).toBe(700211);
  });

  it('is no help to an application that names none', () => {
    expect(numberOf(ask(base, issue()))).toBe(70025);
    expect(numberOf(ask(withCertificate, issue()))).toBe(700027);
  });
});
