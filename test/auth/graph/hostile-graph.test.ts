// A Graph that lies, hangs, floods, throttles for ever: a lookup ends in time and in bounds, and goes nowhere else.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerJson, CANARY, codeOf, group, groupId, startGraphDouble, USER } from './graph-double.ts';
import type { Answer, GraphDouble } from './graph-double.ts';

const LIST = `/v1.0/users/${USER.objectId}/transitiveMemberOf`;
const FIRST = `GET ${LIST}?$select=id,securityEnabled&$top=999`;
const UNAVAILABLE = 'CC_ERR_AUTH_GRAPH_UNAVAILABLE';

let double: GraphDouble;
let seen = 0;

beforeAll(async () => {
  double = await startGraphDouble();
});
afterAll(() => double.close());
beforeEach(() => {
  seen = double.requests.length;
  double.token(undefined);
});
afterEach(() => expect(double.log.text()).not.toContain(CANARY));

const graphRequests = (): string[] =>
  double.requests.slice(seen).filter((request) => request.includes(' /v1.0/') || !request.includes('oauth2'));
const answer =
  (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer =>
  (_request, response) =>
    answerJson(response, status, body, headers);
const list = (...value: readonly unknown[]): object => ({ value });
const withLink = (link: unknown): object => ({ value: [group(1)], '@odata.nextLink': link });

describe('a link to the next page', () => {
  it.each([
    ['on another origin', () => `https://attacker.example${LIST}?$skiptoken=x`],
    ['on another port', () => `https://127.0.0.1:1${LIST}?$skiptoken=x`],
    ['without TLS', () => `${double.origin.replace('https', 'http')}${LIST}?$skiptoken=x`],
    ['with credentials', () => `${double.origin.replace('//', '//user:word@')}${LIST}?$skiptoken=x`],
    ['to another list', () => `${double.origin}/v1.0/users?$skiptoken=x`],
    ['of somebody else', () => `${double.origin}${LIST.replace('5555', '7777')}?$skiptoken=x`],
    ['that climbs out of its path', () => `${double.origin}${LIST}/../../me?$skiptoken=x`],
    ['that is relative', () => `${LIST}?$skiptoken=x`],
    ['that is no text', () => ({ href: double.origin })],
    ['that is null', () => null],
    ['that is longer than a link may be', () => `${double.origin}${LIST}?$skiptoken=${'x'.repeat(9_000)}`],
  ])('%s is not followed', async (_, link) => {
    double.graph(answer(withLink(link())));
    expect(await codeOf(double.lookup().groupsOf(USER))).toBe(UNAVAILABLE);
    expect(graphRequests()).toEqual([FIRST]);
  });

  it('of the same list is followed, with whatever query it has', async () => {
    const link = `${double.origin}${LIST}?$skiptoken=abc&$top=7`;
    double.graph((request, response) => {
      const isFirst = request.url?.includes('skiptoken') !== true;
      answerJson(response, 200, isFirst ? withLink(link) : list(group(2)));
    });
    expect(await double.lookup().groupsOf(USER)).toEqual([groupId(1), groupId(2)]);
    expect(graphRequests()).toEqual([FIRST, `GET ${LIST}?$skiptoken=abc&$top=7`]);
  });

  it('that never ends is followed for so many pages', async () => {
    double.graph(answer(withLink(`${double.origin}${LIST}?$skiptoken=again`)));
    expect(await codeOf(double.lookup({ MAX_PAGES: 5 }).groupsOf(USER))).toBe(UNAVAILABLE);
    expect(graphRequests()).toHaveLength(5);
  });

  it('that brings ever more groups ends at as many as can be impersonated, which no retry changes', async () => {
    let next = 0;
    double.graph((_request, response) => {
      const value = Array.from({ length: 100 }, () => group((next += 1)));
      const link = `${double.origin}${LIST}?$skiptoken=${next}`;
      answerJson(response, 200, { value, '@odata.nextLink': link });
    });
    const lookup = double.lookup({ MAX_GROUPS: 250 });
    expect(await codeOf(lookup.groupsOf(USER))).toBe('CC_ERR_AUTH_GROUPS_OVERAGE');
    expect(graphRequests()).toHaveLength(3);
  });
});

describe('an answer that is not what was asked for', () => {
  it.each([
    ['no list', () => ({ value: 'x' })],
    ['an array', () => [group(1)]],
    ['a list of numbers', () => list(1)],
    ['a group without an id', () => list({ '@odata.type': '#microsoft.graph.group', securityEnabled: true })],
    ['a group with a name for an id', () => list({ ...group(1), id: 'system:masters' })],
    ['a group whose id is a GUID and more', () => list({ ...group(1), id: `${groupId(1)}\r\nx: y` })],
    ['a group whose id is a number', () => list({ ...group(1), id: 1 })],
  ])('%s is refused as a whole', async (_, body) => {
    double.graph(answer(body()));
    expect(await codeOf(double.lookup().groupsOf(USER))).toBe(UNAVAILABLE);
  });

  it('HTML is refused', async () => {
    double.graph((_request, response) => void response.writeHead(200).end('<html>'));
    expect(await codeOf(double.lookup().groupsOf(USER))).toBe(UNAVAILABLE);
  });

  it('other kinds of members, and groups that are not for security, are left out', async () => {
    const unit = { '@odata.type': '#microsoft.graph.administrativeUnit', id: 'whatever' };
    const role = { '@odata.type': '#microsoft.graph.directoryRole', id: groupId(8) };
    const team = { ...group(9), securityEnabled: false };
    double.graph(
      answer(list(unit, group(1), role, team, { ...group(2), id: groupId(2).toUpperCase() }, group(1))),
    );
    expect(await double.lookup().groupsOf(USER)).toEqual([groupId(1), groupId(2)]);
  });

  it('groups of which Graph tells the ids alone are not taken for none: the missing permission is logged', async () => {
    double.graph(answer(list({ ...group(1), securityEnabled: null })));
    expect(await codeOf(double.lookup().groupsOf(USER))).toBe(UNAVAILABLE);
    expect(double.log.text()).toContain('GroupMember.Read.All');
  });
});

describe('an answer that does not come, or not to an end', () => {
  const QUICK = { REQUEST_TIMEOUT_MS: 50 };

  it.each<[string, Answer]>([
    ['nothing at all', () => undefined],
    ['half of it', (_request, response) => void response.writeHead(200).write('{"value":[')],
    [
      'drops for ever',
      (_request, response) => {
        const write = (): void => {
          while (!response.destroyed && response.write(' '.repeat(64 * 1024)));
          if (!response.destroyed) response.once('drain', write);
        };
        write();
      },
    ],
    ['10 MB', (_request, response) => void response.end(JSON.stringify(list('x'.repeat(10 * 1024 * 1024))))],
    ['a cut connection', (_request, response) => void response.destroy()],
  ])('%s is a failure, after one more try', async (_, hang) => {
    double.graph(hang);
    expect(await codeOf(double.lookup(QUICK).groupsOf(USER))).toBe(UNAVAILABLE);
    // On a slow machine the time is over before a request has arrived.
    expect(graphRequests().length).toBeLessThanOrEqual(2);
  });

  it('is given up when the lookup as a whole took too long', async () => {
    double.graph(() => undefined);
    const lookup = double.lookup({ LOOKUP_TIMEOUT_MS: 50 });
    expect(await codeOf(lookup.groupsOf(USER))).toBe(UNAVAILABLE);
    expect(double.log.text()).toContain('the lookup took too long');
  });

  it('is given up at once when the service ends', async () => {
    let asked = (): void => undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    double.graph(() => asked());
    const lookup = double.lookup();
    const ended = codeOf(lookup.groupsOf(USER));
    await isAsked;
    await lookup.close();
    expect(await ended).toBe(UNAVAILABLE);
    expect(await codeOf(lookup.groupsOf(USER))).toBe(UNAVAILABLE);
  });

  it('of one is no reason for others to wait: they have their turns', async () => {
    double.graph((request, response) => {
      if (request.url?.includes(USER.objectId) !== true) answerJson(response, 200, list(group(1)));
    });
    const lookup = double.lookup({ MAX_LOOKUPS: 2 });
    const hanging = codeOf(lookup.groupsOf(USER));
    const others = Array.from({ length: 20 }, (_, index) =>
      lookup.groupsOf({ ...USER, objectId: groupId(index) }),
    );
    expect(await Promise.all(others)).toEqual(others.map(() => [groupId(1)]));
    await lookup.close();
    expect(await hanging).toBe(UNAVAILABLE);
  });
});

describe('a redirect', () => {
  it('is not followed', async () => {
    double.graph(answer({}, 302, { location: `${double.origin}/elsewhere` }));
    expect(await codeOf(double.lookup().groupsOf(USER))).toBe(UNAVAILABLE);
    expect(graphRequests()).toEqual([FIRST]);
  });
});

describe('throttling', () => {
  const throttled = (retryAfter: string): Answer =>
    answer({ error: { code: 'TooManyRequests' } }, 429, { 'retry-after': retryAfter });

  it('is waited for, and then the page is asked for again', async () => {
    let asked = 0;
    double.graph((request, response, body) => {
      asked += 1;
      if (asked <= 3) return throttled('0.01')(request, response, body);
      answerJson(response, 200, list(group(1)));
    });
    expect(await double.lookup().groupsOf(USER)).toEqual([groupId(1)]);
    expect(asked).toBe(4);
  });

  it('for ever is a failure', async () => {
    double.graph(throttled('0'));
    expect(await codeOf(double.lookup().groupsOf(USER))).toBe(UNAVAILABLE);
    expect(graphRequests()).toHaveLength(4);
  });

  it.each([
    ['in seconds', () => '3600'],
    ['as a date', () => new Date(Date.now() + 3_600_000).toUTCString()],
  ])('for too long, said %s, fails at once, for others too, and they do not ask', async (_, retryAfter) => {
    double.graph(throttled(retryAfter()));
    const lookup = double.lookup();
    expect(await codeOf(lookup.groupsOf(USER))).toBe(UNAVAILABLE);
    expect(await codeOf(lookup.groupsOf({ ...USER, objectId: groupId(1) }))).toBe(UNAVAILABLE);
    expect(graphRequests()).toHaveLength(1);
  });
});

describe('a failure of Graph', () => {
  it.each([500, 502, 504])('%i is asked for once more', async (status) => {
    let asked = 0;
    double.graph((_request, response) => {
      asked += 1;
      answerJson(response, asked === 1 ? status : 200, list(group(1)));
    });
    expect(await double.lookup().groupsOf(USER)).toEqual([groupId(1)]);
  });

  it('that stays is a failure', async () => {
    double.graph(answer({}, 500));
    expect(await codeOf(double.lookup().groupsOf(USER))).toBe(UNAVAILABLE);
    expect(graphRequests()).toHaveLength(2);
  });

  it.each([
    ['400', 400, {}],
    ['404 of a proxy', 404, {}],
    ['403', 403, { error: { code: 'Authorization_RequestDenied' } }],
    ['200 with an error', 200, { error: { code: 'x' } }],
  ])('%s is not asked for again', async (_, status, body) => {
    double.graph(answer(body, status));
    expect(await codeOf(double.lookup().groupsOf(USER))).toBe(UNAVAILABLE);
    expect(graphRequests()).toEqual([FIRST]);
  });

  it('404 of the principal is told apart, and not tried again', async () => {
    double.graph(answer({ error: { code: 'Request_ResourceNotFound' } }, 404));
    expect(await codeOf(double.lookup().groupsOf(USER))).toBe('CC_ERR_AUTH_IDENTITY');
  });
});

describe('a token for Graph', () => {
  it('that is refused is replaced once', async () => {
    const tokens: unknown[] = [];
    double.graph((request, response) => {
      tokens.push(request.headers.authorization);
      answerJson(response, tokens.length === 1 ? 401 : 200, list(group(1)));
    });
    expect(await double.lookup().groupsOf(USER)).toEqual([groupId(1)]);
    expect(new Set(tokens).size).toBe(2);
  });

  it('that is refused each time is a failure after two', async () => {
    double.graph(answer({ error: { code: 'InvalidAuthenticationToken' } }, 401));
    expect(await codeOf(double.lookup().groupsOf(USER))).toBe(UNAVAILABLE);
    expect(double.requests.slice(seen).filter((request) => request.includes('oauth2'))).toHaveLength(2);
  });

  it.each<[string, Answer]>([
    [
      'a refusal',
      answer({ error: 'invalid_client', error_codes: [7000215], error_description: CANARY }, 401),
    ],
    ['nonsense', answer({ access_token: 'x' })],
    [
      'a token with a line break',
      answer({ token_type: 'Bearer', expires_in: 3600, access_token: 'a\r\nb: c' }),
    ],
    [
      'a token of 64 KB',
      answer({ token_type: 'Bearer', expires_in: 3600, access_token: 'x'.repeat(65_536) }),
    ],
    ['a token for proof', answer({ token_type: 'pop', expires_in: 3600, access_token: 'x' })],
    ['a token that has no life', answer({ token_type: 'Bearer', expires_in: 0, access_token: 'x' })],
  ])('instead of which the authority answers %s is a failure, and Graph is not asked', async (_, token) => {
    double.token(token);
    expect(await codeOf(double.lookup().groupsOf(USER))).toBe(UNAVAILABLE);
    expect(graphRequests()).toEqual([]);
  });

  it('that the authority fails to give once is asked for once more', async () => {
    let asked = 0;
    double.token((_request, response) => {
      asked += 1;
      if (asked === 1) return answerJson(response, 500, {});
      answerJson(response, 200, { token_type: 'Bearer', expires_in: 3600, access_token: CANARY });
    });
    double.graph(answer(list(group(1))));
    expect(await double.lookup().groupsOf(USER)).toEqual([groupId(1)]);
    expect(asked).toBe(2);
  });

  it('is remembered for so many tenants', async () => {
    double.graph(answer(list(group(1))));
    const lookup = double.lookup({ MAX_TENANTS: 2 });
    const tokensOf = (number: number): number =>
      double.requests
        .slice(seen)
        .filter((request) => request === `POST /${groupId(number)}/oauth2/v2.0/token`).length;
    for (const number of [1, 2, 3, 3, 1]) {
      await lookup.groupsOf({ ...USER, tenantId: groupId(number), objectId: randomUUID() });
    }
    expect([1, 2, 3].map(tokensOf)).toEqual([2, 1, 1]);
  });

  it('whose refusal is logged by its numbers', async () => {
    double.token(answer({ error: 'invalid_client', error_codes: [7000215], error_description: CANARY }, 401));
    await codeOf(double.lookup().groupsOf(USER));
    expect(double.log.text()).toContain('invalid_client AADSTS7000215');
  });

  it('that never comes is a failure in time', async () => {
    double.token(() => undefined);
    expect(await codeOf(double.lookup({ REQUEST_TIMEOUT_MS: 50 }).groupsOf(USER))).toBe(UNAVAILABLE);
    expect(await codeOf(double.lookup({ LOOKUP_TIMEOUT_MS: 50 }).groupsOf(USER))).toBe(UNAVAILABLE);
  });
});
