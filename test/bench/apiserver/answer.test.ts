import { expect, it } from 'vitest';
import { answerBody, http1Answer, listBody } from '../../../bench/apiserver/answer.ts';

it('the small answer is 2 KB of JSON', () => {
  const body = answerBody();
  expect(Buffer.byteLength(body)).toBe(2048);
  expect(JSON.parse(body)).toMatchObject({ kind: 'ConfigMap' });
});

it('the list is 220 KB of pods, each another', () => {
  const body = listBody();
  expect(Math.abs(Buffer.byteLength(body) - 220_000)).toBeLessThan(3000);
  const list: { kind: string; items: { metadata: { name: string } }[] } = JSON.parse(body);
  expect(list.kind).toBe('PodList');
  expect(new Set(list.items.map(({ metadata }) => metadata.name)).size).toBe(list.items.length);
  expect(list.items.length).toBeGreaterThan(100);
});

it('a head says the length of its body', () => {
  const [head, body] = http1Answer('hello').toString('latin1').split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(head).toMatch(/\r\ncontent-length: 5$/);
  expect(body).toBe('hello');
});
