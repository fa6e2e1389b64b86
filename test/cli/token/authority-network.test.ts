// What the network does with an authority that is broken, hostile or not there at all: an error in bounded time and memory.
import { createServer } from 'node:https';
import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { createAuthority } from '../../../gateway/pki/index.ts';
import { AUTHORITY_LIMITS, createAuthorityNetwork } from '../../../cli/token/authority-network.ts';
import type { AuthorityNetwork } from '../../../cli/token/authority-network.ts';
import type { NetworkLimits } from '../../../cli/token/bounded-network.ts';
import { networkErrorCode } from '../../../cli/token/sign-in-error.ts';

const authority = createAuthority('test');
const certificate = authority.issueServerCertificate({ dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] });
const open: AuthorityNetwork[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((network) => network.close()));
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer({ cert: certificate.certificatePem, key: certificate.privateKeyPem }, listener);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

function network(authorityHost: string, limits: Partial<NetworkLimits> = {}): AuthorityNetwork {
  const made = createAuthorityNetwork(
    { authorityHost, authorityCa: authority.certificatePem, environment: {} },
    { ...AUTHORITY_LIMITS, ...limits },
  );
  open.push(made);
  return made;
}

const json: RequestListener = (_request, response) => void response.end('{"access_token":"abc"}');

describe('the way to the authority', () => {
  it.each([
    {
      what: 'says nothing',
      listener: (() => undefined) satisfies RequestListener,
      limits: { answerMs: 50 },
      code: 'UND_ERR_HEADERS_TIMEOUT',
    },
    {
      what: 'stops in the middle',
      listener: ((_request, response) => void response.write('{')) satisfies RequestListener,
      limits: { answerMs: 50 },
      code: 'UND_ERR_BODY_TIMEOUT',
    },
    {
      what: 'goes on for ever, drop by drop',
      listener: ((_request, response) => {
        const drip = setInterval(() => response.write(' '), 5);
        response.on('close', () => clearInterval(drip));
      }) satisfies RequestListener,
      limits: { totalMs: 300 },
      code: 'ETIMEDOUT',
    },
    {
      what: 'sends more than a token can be',
      listener: ((_request, response) => void response.end('x'.repeat(2_000_000))) satisfies RequestListener,
      limits: {},
      code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE',
    },
    {
      what: 'hangs up',
      listener: ((request) => void request.socket.destroy()) satisfies RequestListener,
      limits: {},
      code: 'UND_ERR_SOCKET',
    },
  ])('ends when it $what', async ({ listener, limits, code }) => {
    const host = await serve(listener);
    const way = network(host, limits);
    const error: unknown = await way.sendGetRequestAsync(`${host}/token`).catch((caught: unknown) => caught);
    expect(networkErrorCode(error)).toBe(code);
    expect(way.failure()).toBe(error);
  });

  it.each([500, 502, 503, 429])('tells an answer with %d from a refusal', async (status) => {
    const host = await serve((_request, response) => void response.writeHead(status).end('<h1>canary</h1>'));
    await expect(network(host).sendPostRequestAsync(`${host}/token`)).rejects.toMatchObject({
      code: 'CC_ERR_CLI_SIGN_IN_UNREACHABLE',
      message: `${host} answered with ${status}`,
    });
  });

  it('L1: follows no redirect, which could carry a secret elsewhere', async () => {
    const asked: string[] = [];
    const elsewhere = await serve((request, response) => {
      asked.push(request.url ?? '');
      json(request, response);
    });
    const host = await serve(
      (_request, response) => void response.writeHead(307, { location: `${elsewhere}/token` }).end(),
    );
    expect(
      await network(host).sendPostRequestAsync(`${host}/token`, { body: 'client_secret=canary' }),
    ).toMatchObject({
      status: 307,
      body: {},
    });
    expect(asked).toEqual([]);
  });

  it.each(['<html>', '', 'null', '"text"', '7', '{"a":'])(
    'takes %j for an answer without any member',
    async (text) => {
      const host = await serve((_request, response) => void response.end(text));
      expect(await network(host).sendGetRequestAsync(`${host}/`)).toMatchObject({ status: 200, body: {} });
    },
  );

  it('refuses a certificate of a CA that it was not given', async () => {
    const host = await serve(json);
    const way = createAuthorityNetwork({ authorityHost: host, environment: {} });
    open.push(way);
    await expect(way.sendGetRequestAsync(`${host}/`)).rejects.toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
  });
});

describe('a request for a bound token', () => {
  const binding = { thumbprint: 'thumb', requestConfirmation: 'confirmation' };
  async function ask(answer: object, body: string) {
    let seen = '';
    const host = await serve((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => (seen += text));
      request.on('end', () => response.end(JSON.stringify(answer)));
    });
    const way = createAuthorityNetwork({
      authorityHost: host,
      authorityCa: authority.certificatePem,
      environment: {},
      boundTo: binding,
    });
    open.push(way);
    const given = await way.sendPostRequestAsync<unknown>(`${host}/token`, { body }).then(
      (answered) => answered.body,
      (error: unknown) => error,
    );
    return { form: Object.fromEntries(new URLSearchParams(seen)), given };
  }

  it('asks for it in the form, and MSAL need not know', async () => {
    const { form, given } = await ask({ access_token: 'a', token_type: 'pop' }, 'grant_type=x&scope=a%20b');
    expect(form).toEqual({ grant_type: 'x', scope: 'a b', token_type: 'pop', req_cnf: 'confirmation' });
    expect(given).toEqual({ access_token: 'a', token_type: 'Bearer' });
  });

  it('does not take a token that is not bound', async () => {
    const { given } = await ask({ access_token: 'canary', token_type: 'Bearer' }, 'grant_type=x');
    expect(given).toMatchObject({
      code: 'CC_ERR_CLI_SIGN_IN_FAILED',
      message: expect.stringMatching(/gave a token that is not bound to this machine's key$/),
    });
    expect((await ask({ access_token: 'a' }, 'grant_type=x')).given).toBeInstanceOf(Error);
  });

  it('lets errors pass, and what asks for no token', async () => {
    expect((await ask({ error: 'invalid_grant' }, 'grant_type=x')).given).toEqual({ error: 'invalid_grant' });
    expect((await ask({ device_code: 'a' }, 'scope=a')).form).toEqual({ scope: 'a' });
  });
});
