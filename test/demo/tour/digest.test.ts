import { describe, expect, it } from 'vitest';
import { digestBody, digestWatchLine } from '../../../demo/tour/digest.ts';
import { exitCodeOf } from '../../../demo/tour/plain-exec.ts';

const POD = { kind: 'Pod', metadata: { name: 'web' }, status: { phase: 'Running' } };

describe('an answer in short', () => {
  it.each([
    {
      name: 'a list',
      body: { kind: 'PodList', items: [{ ...POD, kind: undefined }] },
      short: 'pod/web  Running\n',
    },
    { name: 'an empty list', body: { kind: 'PodList', items: [] }, short: '' },
    { name: 'an object', body: POD, short: 'pod/web  Running\n' },
    {
      name: 'a refusal',
      body: { kind: 'Status', status: 'Failure', reason: 'Forbidden', message: 'no' },
      short: 'Failure: Forbidden: no\n',
    },
    {
      name: 'a review',
      body: { kind: 'SelfSubjectReview', status: { userInfo: { username: 'alice', groups: ['g'] } } },
      short: 'username: alice\ngroups:\n  - g\n',
    },
    { name: 'JSON of another kind', body: { a: 1 }, short: '{"a":1}' },
  ])('is one for $name', ({ body, short }) => {
    expect(digestBody(JSON.stringify(body), 200)).toBe(short);
  });

  it('says what was created', () => {
    expect(digestBody(JSON.stringify({ kind: 'ConfigMap', metadata: { name: 'greeting' } }), 201)).toBe(
      'configmap/greeting created\n',
    );
  });

  it('leaves text as it is', () => {
    expect(digestBody('a line of a log\n', 200)).toBe('a line of a log\n');
  });

  it('is one line for an event of a watch', () => {
    expect(digestWatchLine(JSON.stringify({ type: 'ADDED', object: POD }))).toBe(
      'ADDED     pod/web  Running',
    );
    expect(digestWatchLine('not JSON')).toBe('not JSON');
  });
});

describe('the last word of an exec', () => {
  it.each([
    ['{"metadata":{},"status":"Success"}', 0],
    [
      '{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}',
      3,
    ],
    ['{"status":"Failure","reason":"InternalError","message":"the container is gone"}', -1],
    ['', -1],
  ])('%s is %i', (status, code) => {
    expect(exitCodeOf(status)).toBe(code);
  });
});
