// Whatever a client sends: each line that would leave was asked about, and nothing else leaves. The apiserver's filter
// (k8s.io/apiserver filters/impersonation.go, buildImpersonationRequests) is written here a second time, the plain way.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { actingHeaders } from '../../auth/index.ts';
import { filterRequestHeaders, HttpError } from '../../http/index.ts';
import { impersonationChecks } from '../../relay-agent/act-as.ts';

const EXTRA = 'impersonate-extra-';

interface Line {
  readonly name: string;
  readonly value: string;
}

function linesOf(headers: readonly string[]): Line[] {
  return headers.flatMap((name, i) =>
    i % 2 === 0 ? [{ name: name.toLowerCase(), value: headers[i + 1] ?? '' }] : [],
  );
}

/** Like Go: a value without white space at its ends, read as UTF-8; a key percent-decoded where that is possible. */
function readByApiserver(headers: readonly string[]): string[] {
  const lines = linesOf(headers).map(({ name, value }) => ({
    name,
    value: Buffer.from(value.replace(/^[ \t]+|[ \t]+$/g, ''), 'latin1').toString('utf8'),
  }));
  const first = (name: string): string => lines.find((line) => line.name === name)?.value ?? '';
  const user = first('impersonate-user');
  const [, namespace, account] =
    /^system:serviceaccount:([a-z0-9](?:[-a-z0-9]*[a-z0-9])?):([a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*)$/.exec(
      user,
    ) ?? [];
  const requests =
    account === undefined ? [`users//${user}`] : [`serviceaccounts/${namespace ?? ''}/${account}`];
  for (const { name, value } of lines) if (name === 'impersonate-group') requests.push(`groups//${value}`);
  for (const { name, value } of lines) {
    if (!name.startsWith(EXTRA)) continue;
    let key = name.slice(EXTRA.length);
    try {
      key = decodeURIComponent(key);
    } catch {
      // Left as it is.
    }
    requests.push(`userextras:${key}//${value}`);
  }
  if (first('impersonate-uid') !== '') requests.push(`uids//${first('impersonate-uid')}`);
  return requests;
}

const name = fc.constantFrom(
  'impersonate-user',
  'impersonate-user',
  'impersonate-group',
  'impersonate-uid',
  'impersonate-extra-team',
  'impersonate-extra-example.com%2fteam',
  'impersonate-extra-%74eam',
  'impersonate-extra-50%25',
  'impersonate-extra-50%',
  'impersonate-extra-cluster-connect.internal%2fimpersonated-by',
  'impersonate_group',
  'impersonate-extra-',
  'accept',
  'x-remote-group',
);
const value = fc.oneof(
  fc.constantFrom(
    'carol',
    '',
    ' ',
    'a, b',
    ' system:masters',
    'system:masters ',
    'system:serviceaccount:ns:robot',
    'system:serviceaccount:ns:a.b',
    'system:serviceaccount:ns:a:b',
    'system:serviceaccount:Ns:a',
    'zo\xc3\xab',
    'zo\xeb',
    '\xef\xbb\xbfsystem:masters',
    'a\tb',
  ),
  fc.string({ maxLength: 8 }),
);

it('H1, H3: each line that leaves was asked about as the apiserver reads it', () => {
  let passed = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 4 }), (pairs) => {
      const headers = pairs.flat();
      let asked;
      try {
        const head = { method: 'GET', target: '/', bodyLength: 0, upgrade: '', requestId: 'a' } as const;
        asked = filterRequestHeaders({ ...head, headers }).asked;
      } catch (error) {
        expect(error).toBeInstanceOf(HttpError);
        return;
      }
      if (asked === undefined) {
        expect(linesOf(headers).every((line) => line.name === 'accept')).toBe(true);
        return;
      }
      passed += 1;
      const leaving = actingHeaders({ name: 'bob', uid: '', groups: ['dev'], extra: { oid: ['1'] } }, asked);
      const own = leaving.splice(-2);
      expect(own).toEqual(['impersonate-extra-cluster-connect.internal%2fimpersonated-by', 'bob']);
      const checks = impersonationChecks(asked).map(
        ({ resource, subresource, namespace, name: object }) =>
          `${subresource === '' ? resource : `${resource}:${subresource}`}/${namespace}/${object}`,
      );
      expect(checks).toEqual(readByApiserver(leaving));
      expect(checks).toHaveLength(leaving.length / 2);
    }),
    { numRuns: 20_000 },
  );
  // Or the property would hold of nothing.
  expect(passed).toBeGreaterThan(500);
});
