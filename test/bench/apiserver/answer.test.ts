import { expect, it } from 'vitest';
import { answerBody, http1Answer } from '../../../bench/apiserver/answer.ts';

it('the answer is 2 KB of JSON', () => {
  const body = answerBody();
  expect(Buffer.byteLength(body)).toBe(2048);
  expect(JSON.parse(body)).toMatchObject({ kind: 'ConfigMap' });
});

it('its head says its length', () => {
  const [head, body] = http1Answer('hello').toString('latin1').split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(head).toMatch(/\r\ncontent-length: 5$/);
  expect(body).toBe('hello');
});
