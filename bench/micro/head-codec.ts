// What http/ costs one request on each hop, with a 3 KB token: `node bench/micro/head-codec.ts` prints JSON.
import { randomBytes } from 'node:crypto';
import {
  checkRequestHead,
  checkTarget,
  decodeAnswerHead,
  decodeRequestHead,
  encodeAnswerHead,
  encodeRequestHead,
  filterAnswerHeaders,
  filterRequestHeaders,
  newRequestId,
  splitClusterPath,
} from '../../http/index.ts';

const ITERATIONS = 40_000;
const ROUNDS = 9;
// Every request has a token string of its own, as from a socket: a string seen before has its hash and its shape ready.
const VARIANTS = 64;

interface Result {
  readonly name: string;
  readonly unit: 'ns/op';
  /** CPU time of the thread, median of the rounds: a busy machine changes it less than it changes the clock. */
  readonly value: number;
  readonly best: number;
  readonly higherIsBetter: false;
  readonly verified: boolean;
}

const target = '/api/v1/namespaces/default/pods?fieldSelector=metadata.name%3Dweb&limit=500';

const received = Array.from({ length: VARIANTS }, (_, i) => {
  const token = `Bearer ${randomBytes(2250).toString('base64url')}`;
  return [
    'Host',
    'relay.example.com',
    'User-Agent',
    'kubectl/v1.32.4 (linux/amd64) kubernetes/59526cd',
    'Accept',
    'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    'Authorization',
    token,
    'Kubectl-Command',
    'kubectl get',
    'Kubectl-Session',
    `1d7d2c8e-${i}`,
    'Accept-Encoding',
    'gzip',
  ];
});

const answered = [
  'Audit-Id',
  '1d7d2c8e-7f5f-4a7c-9a4e-9b8a3a1c7f11',
  'Cache-Control',
  'no-cache, private',
  'Content-Type',
  'application/json',
  'X-Kubernetes-Pf-Flowschema-Uid',
  '1d7d2c8e-7f5f-4a7c-9a4e-9b8a3a1c7f11',
  'Date',
  'Sat, 21 Nov 2026 00:00:00 GMT',
  'X-Kubernetes-Pf-Prioritylevel-Uid',
  '1d7d2c8e-7f5f-4a7c-9a4e-9b8a3a1c7f11',
  'Content-Length',
  '2048',
];

const checkedRequests = received.map((rawHeaders) =>
  checkRequestHead({ httpVersion: '1.1', method: 'GET', rawHeaders }),
);
const heads = checkedRequests.map(({ headers, bodyLength, upgrade }) => {
  return { method: 'GET', target, headers, bodyLength, upgrade, requestId: newRequestId() };
});
const encodedRequests = heads.map(encodeRequestHead);
const answer = { status: 200, headers: filterAnswerHeaders(200, answered) };
const encodedAnswer = encodeAnswerHead(answer);

function measure(name: string, run: (i: number) => unknown, verified: boolean): Result {
  let sink = 0;
  const rounds: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const before = process.threadCpuUsage();
    for (let i = 0; i < ITERATIONS; i++) if (run(i % VARIANTS) !== undefined) sink++;
    const { user, system } = process.threadCpuUsage(before);
    const nsPerOp = ((user + system) * 1000) / ITERATIONS;
    // The first round warms up.
    if (round > 0) rounds.push(nsPerOp);
  }
  rounds.sort((a, b) => a - b);
  return {
    name,
    unit: 'ns/op',
    value: Math.round(rounds[rounds.length >> 1] ?? 0),
    best: Math.round(rounds[0] ?? 0),
    higherIsBetter: false,
    verified: verified && sink === ITERATIONS * (ROUNDS + 1),
  };
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function at<T>(list: readonly T[], i: number): T {
  const item = list[i];
  if (item === undefined) throw new RangeError('no such variant');
  return item;
}

const results = [
  measure(
    'checkRequestHead',
    (i) => checkRequestHead({ httpVersion: '1.1', method: 'GET', rawHeaders: at(received, i) }),
    at(checkedRequests, 3).authorization === at(received, 3)[7],
  ),
  measure('encodeRequestHead', (i) => encodeRequestHead(at(heads, i)), at(encodedRequests, 0).length > 3000),
  measure(
    'decodeRequestHead',
    (i) => decodeRequestHead(at(encodedRequests, i)),
    heads.every((head, i) => same(head, decodeRequestHead(at(encodedRequests, i)))),
  ),
  measure(
    'filterRequestHeaders',
    (i) => filterRequestHeaders(at(heads, i)),
    filterRequestHeaders(at(heads, 1)).authorization !== '',
  ),
  measure('checkTarget', () => checkTarget(target), checkTarget(target) === target.indexOf('?')),
  measure(
    'splitClusterPath',
    () => splitClusterPath(`/clusters/edge-1${target}`),
    same(splitClusterPath(`/clusters/edge-1${target}`), { cluster: 'edge-1', target }),
  ),
  measure(
    'filterAnswerHeaders',
    () => filterAnswerHeaders(200, answered),
    same(answer.headers, filterAnswerHeaders(200, answer.headers)),
  ),
  measure('encodeAnswerHead', () => encodeAnswerHead(answer), true),
  measure(
    'decodeAnswerHead',
    () => decodeAnswerHead(encodedAnswer),
    same(answer, decodeAnswerHead(encodedAnswer)),
  ),
  measure('newRequestId', () => newRequestId(), newRequestId() !== newRequestId()),
];

process.stdout.write(
  `${JSON.stringify({ node: process.version, platform: `${process.platform}-${process.arch}`, results }, null, 2)}\n`,
);
if (results.some((result) => !result.verified)) process.exitCode = 1;
