import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CliError } from '../../../cli/cli-error.ts';
import { execApiVersion, execCredential } from '../../../cli/token/exec-credential.ts';

const V1 = 'client.authentication.k8s.io/v1';
const V1BETA1 = 'client.authentication.k8s.io/v1beta1';

describe('execApiVersion', () => {
  it.each([
    { info: undefined, version: V1 },
    { info: '', version: V1 },
    {
      info: JSON.stringify({ kind: 'ExecCredential', apiVersion: V1, spec: { interactive: true } }),
      version: V1,
    },
    { info: JSON.stringify({ kind: 'ExecCredential', apiVersion: V1BETA1, spec: {} }), version: V1BETA1 },
  ])('takes $version from $info', ({ info, version }) => {
    expect(execApiVersion(info)).toBe(version);
  });

  it.each([
    { info: '{', says: 'is not JSON' },
    { info: 'null', says: 'is not an ExecCredential' },
    { info: '[]', says: 'is not an ExecCredential' },
    { info: '{"kind":"Pod"}', says: 'is not an ExecCredential' },
    { info: '{"kind":"ExecCredential"}', says: 'has an apiVersion other than' },
    {
      info: '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1alpha1"}',
      says: 'has an apiVersion other than',
    },
    { info: ' '.repeat(1_048_577), says: 'is too long' },
  ])('refuses what $says', ({ info, says }) => {
    expect(() => execApiVersion(info)).toThrow(
      expect.objectContaining({
        code: 'CC_ERR_CLI_EXEC_INFO_INVALID',
        message: expect.stringContaining(says),
      }),
    );
  });

  it('throws nothing but CliError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ minLength: 1 }), fc.json()), (info) => {
        expect(() => execApiVersion(info)).toThrow(CliError);
      }),
    );
  });
});

it('prints one line, with whole seconds that are never later than the real end', () => {
  const text = execCredential(V1BETA1, { token: 'abc', expiresAtMs: Date.UTC(2030, 0, 1) + 999 });
  expect(text).toBe(
    `{"apiVersion":"${V1BETA1}","kind":"ExecCredential","status":{"token":"abc","expirationTimestamp":"2030-01-01T00:00:00Z"}}\n`,
  );
});
