import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeProtobuf } from '../../../demo/apiserver/schema/protobuf.ts';
import { StatusError } from '../../../demo/apiserver/status-error.ts';

// The encoder of these tests: as little of the format as they need.
function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}

function part(number: number, value: string | Buffer | number | Buffer[]): Buffer {
  if (typeof value === 'number') return Buffer.concat([varint(BigInt(number << 3)), varint(BigInt(value))]);
  const bytes = Array.isArray(value) ? Buffer.concat(value) : Buffer.from(value);
  return Buffer.concat([varint(BigInt((number << 3) | 2)), varint(BigInt(bytes.byteLength)), bytes]);
}

function envelope(apiVersion: string, kind: string, raw: Buffer[]): Buffer {
  const type = part(1, [part(1, apiVersion), part(2, kind)]);
  return Buffer.concat([Buffer.from('k8s\0'), type, part(2, raw), part(3, ''), part(4, '')]);
}

function refusal(body: Buffer): string {
  try {
    decodeProtobuf(body);
  } catch (error) {
    if (error instanceof StatusError) return `${error.httpStatus} ${error.message}`;
    throw error;
  }
  return 'none';
}

const METADATA = part(1, [
  part(1, 'web'),
  part(2, ''),
  part(3, 'default'),
  part(8, ''),
  part(11, [part(1, 'app'), part(2, 'web')]),
]);

describe('a body in protobuf', () => {
  it('becomes the same object as its JSON', () => {
    const container = part(2, [
      part(1, 'main'),
      part(2, 'nginx'),
      part(8, ''),
      part(6, [part(3, 80), part(1, '')]),
    ]);
    const template = part(3, [part(1, ''), part(2, [container, part(4, 30)])]);
    const selector = part(2, [part(1, [part(1, 'app'), part(2, 'web')])]);
    const spec = part(2, [part(1, 0), selector, template, part(4, ''), part(5, 0)]);
    expect(
      decodeProtobuf(envelope('apps/v1', 'Deployment', [METADATA, spec, part(3, [part(1, 7)])])),
    ).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
      spec: {
        // A pointer in Go: nought is a value. minReadySeconds is none: nought is nothing.
        replicas: 0,
        selector: { matchLabels: { app: 'web' } },
        template: {
          spec: {
            containers: [{ name: 'main', image: 'nginx', ports: [{ containerPort: 80 }] }],
            terminationGracePeriodSeconds: 30,
          },
        },
      },
    });
  });

  it.each([
    [
      'bytes as base64',
      'Secret',
      [part(2, [part(1, 'k'), part(2, Buffer.of(0, 255))])],
      { data: { k: 'AP8=' } },
    ],
    [
      'a port by name, a port by number',
      'Service',
      [
        part(2, [
          part(1, [part(3, 1), part(4, [part(1, 1), part(3, 'http')])]),
          part(1, [part(3, 2), part(4, [part(2, 8080)])]),
        ]),
      ],
      {
        spec: {
          ports: [
            { port: 1, targetPort: 'http' },
            { port: 2, targetPort: 8080 },
          ],
        },
      },
    ],
    [
      'a time',
      'Pod',
      [part(1, [part(9, [part(1, 1_700_000_000)])])],
      { metadata: { deletionTimestamp: '2023-11-14T22:13:20Z' } },
    ],
    [
      'a negative number',
      'Deployment',
      [part(2, [Buffer.concat([varint(8n), varint(-1n)])])],
      { spec: { replicas: -1 } },
    ],
  ])('reads %s', (_, kind, raw, expected) => {
    const apiVersion = kind === 'Deployment' ? 'apps/v1' : 'v1';
    expect(decodeProtobuf(envelope(apiVersion, kind, raw))).toEqual({ apiVersion, kind, ...expected });
  });

  it.each([
    ['without the magic number', Buffer.from('{}'), '400 the body is not Kubernetes protobuf'],
    [
      'of an unknown kind',
      envelope('v1', 'Widget', []),
      '415 the stand-in cannot read as a whole of Widget in protobuf: send JSON',
    ],
    [
      'with a field that would be lost',
      envelope('v1', 'Pod', [part(2, [part(18, [part(1, 'x')])])]),
      '415 the stand-in cannot read this field of Pod.spec.affinity in protobuf: send JSON',
    ],
    [
      'with an unknown number',
      envelope('v1', 'Pod', [part(99, 'x')]),
      '415 the stand-in cannot read field 99 of Pod in protobuf: send JSON',
    ],
    ['cut short', envelope('v1', 'Pod', [METADATA]).subarray(0, 40), '400 the protobuf body is malformed'],
    [
      'with an endless varint',
      Buffer.concat([Buffer.from('k8s\0'), Buffer.alloc(20, 255)]),
      '400 the protobuf body is malformed',
    ],
    [
      'with a group',
      Buffer.concat([Buffer.from('k8s\0'), Buffer.of(0x0b)]),
      '400 the protobuf body is malformed',
    ],
  ])('is refused %s', (_, body, expected) => {
    expect(refusal(body)).toBe(expected);
  });

  it('lets only typed refusals escape, whatever the bytes', () => {
    const whole = envelope('v1', 'Pod', [METADATA, part(2, [part(2, [part(1, 'c')])])]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(whole.byteLength), (noise, offset) => {
        refusal(Buffer.concat([whole.subarray(0, offset), noise, whole.subarray(offset)]));
        refusal(Buffer.concat([Buffer.from('k8s\0'), noise]));
      }),
    );
  });
});
