import { describe, expect, it } from 'vitest';
import { partOf } from '../../../bench/report/profile-parts.ts';
import { cpuProfileSchema, placeOf, summariseProfile } from '../../../bench/report/profile-summary.ts';

const ROOT = 'file:///somewhere/repository/';

interface MadeNode {
  readonly id: number;
  readonly name: string;
  readonly url: string;
  readonly children: readonly number[];
  readonly milliseconds: number;
}

/** One sample for each node. */
function profileOf(nodes: readonly MadeNode[]) {
  return cpuProfileSchema.parse({
    nodes: nodes.map(({ id, name, url, children }) => ({
      id,
      callFrame: { functionName: name, url, lineNumber: 1 },
      children,
    })),
    samples: nodes.map(({ id }) => id),
    timeDeltas: nodes.map(({ milliseconds }) => milliseconds * 1000),
  });
}

const NODES: readonly MadeNode[] = [
  { id: 1, name: '(root)', url: '', children: [2, 3, 4, 5, 8], milliseconds: 0 },
  { id: 2, name: '(idle)', url: '', children: [], milliseconds: 100 },
  { id: 3, name: '(garbage collector)', url: '', children: [], milliseconds: 10 },
  { id: 4, name: 'post', url: 'node:inspector', children: [], milliseconds: 50 },
  { id: 5, name: 'flush', url: `${ROOT}tunnel/outbox.ts`, children: [6], milliseconds: 20 },
  { id: 6, name: 'writevGeneric', url: 'node:internal/stream_base_commons', children: [7], milliseconds: 10 },
  { id: 7, name: 'writev', url: '', children: [], milliseconds: 40 },
  { id: 8, name: '', url: `${ROOT}gateway/edge/carry.ts`, children: [9], milliseconds: 15 },
  { id: 9, name: 'latin1Slice', url: '', children: [], milliseconds: 5 },
];

describe('the summary of a CPU profile', () => {
  const of = { scenario: 'small', case: 'http1-32', process: 'gateway' };
  const summary = summariseProfile(profileOf(NODES), of, ROOT);

  it('has the time of the work, without waiting and without the measurement', () => {
    expect(summary).toMatchObject({ ...of, sampledMs: 250, workMs: 100 });
  });

  it('groups self time into parts, the largest first', () => {
    expect(summary.parts).toEqual([
      { part: 'TLS writes: encryption and the system call', selfMs: 40, share: 0.4 },
      { part: 'our tunnel/', selfMs: 20, share: 0.2 },
      { part: 'our gateway/edge/', selfMs: 20, share: 0.2 },
      { part: 'garbage collection', selfMs: 10, share: 0.1 },
      { part: 'node:net, node:tls: sockets', selfMs: 10, share: 0.1 },
    ]);
  });

  it('names the functions that have most of it, and no path of the machine', () => {
    expect(summary.top.slice(0, 3)).toEqual([
      { function: 'writev', file: '', part: 'TLS writes: encryption and the system call', share: 0.4 },
      { function: 'flush', file: 'tunnel/outbox.ts', part: 'our tunnel/', share: 0.2 },
      { function: '(anonymous)', file: 'gateway/edge/carry.ts', part: 'our gateway/edge/', share: 0.15 },
    ]);
    expect(JSON.stringify(summary)).not.toContain('somewhere');
  });

  it('of a process that only waited has no shares', () => {
    const waiting = summariseProfile(profileOf(NODES.slice(0, 2)), of, ROOT);
    expect(waiting).toMatchObject({ sampledMs: 100, workMs: 0, parts: [], top: [] });
  });
});

it.each([
  { url: `${ROOT}http/grammar.ts`, place: 'http/grammar.ts' },
  { url: `${ROOT}node_modules/ws/lib/sender.js`, place: 'ws/lib/sender.js' },
  { url: 'file:///elsewhere/x.ts', place: 'x.ts' },
  { url: 'node:net', place: 'node:net' },
  { url: 'wasm://wasm/00034eea', place: 'wasm:' },
  { url: '', place: '' },
])('$url is at "$place" on every machine', ({ url, place }) => {
  expect(placeOf(url, ROOT)).toBe(place);
});

it.each([
  { file: 'gateway/access.ts', part: 'our gateway/' },
  { file: 'gateway/edge/carry.ts', part: 'our gateway/edge/' },
  { file: 'relay-agent/serve-stream.ts', part: 'our relay-agent/' },
  { file: 'undici/lib/core/request.js', part: 'package undici: HTTP as a client' },
  { file: 'ws/lib/receiver.js', part: 'package ws: WebSocket frames' },
  { file: 'node:_http_server', part: 'node:http: parsing and writing HTTP/1.1' },
  { file: 'node:internal/http2/core', part: 'node:http2' },
  { file: 'node:internal/streams/writable', part: 'node:stream' },
  { file: 'node:internal/process/task_queues', part: 'node: events, timers, ticks' },
  { file: 'node:url', part: 'node: other' },
  { file: 'bench/processes/gateway.ts', part: 'the measurement itself' },
  { file: 'zod/index.js', part: 'other' },
])('$file is part of: $part', ({ file, part }) => {
  expect(partOf([{ functionName: 'run', file }])).toBe(part);
  expect(
    partOf([
      { functionName: 'native', file: '' },
      { functionName: 'run', file },
    ]),
  ).toBe(part);
});
