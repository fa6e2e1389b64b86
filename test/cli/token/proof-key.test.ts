import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { proofKey } from '../../../cli/token/pop/proof-key.ts';
import { temporaryDirectory } from '../run-command.ts';

const silent = (line: string): void => expect.unreachable(line);

describe('the key of proofs', () => {
  it('is made once, for its owner only, and named by its thumbprint', async () => {
    const directory = join(temporaryDirectory(), 'cache');
    const key = await proofKey(directory, silent);
    expect((await proofKey(directory, silent)).publicJwk).toEqual(key.publicJwk);
    expect(statSync(join(directory, 'pop-key.pem')).mode & 0o777).toBe(0o600);
    expect(key.thumbprint).toBe(await calculateJwkThumbprint(key.publicJwk, 'sha256'));
    expect(JSON.parse(Buffer.from(key.requestConfirmation, 'base64url').toString())).toEqual({
      kid: key.thumbprint,
      xms_ksl: 'sw',
    });
    expect(JSON.stringify(key.publicJwk)).not.toContain('"d"');
  });

  it.each([
    { what: 'is damaged', harm: (file: string) => writeFileSync(file, 'damaged') },
    { what: 'others can read', harm: (file: string) => chmodSync(file, 0o640) },
    { what: 'is too short', harm: (file: string) => writeFileSync(file, pemOf('rsa')) },
    { what: 'is of another kind', harm: (file: string) => writeFileSync(file, pemOf('ec')) },
  ])('is made anew where the kept one $what', async ({ harm }) => {
    const directory = temporaryDirectory();
    const key = await proofKey(directory, silent);
    harm(join(directory, 'pop-key.pem'));
    const other = await proofKey(directory, silent);
    expect(other.thumbprint).not.toBe(key.thumbprint);
    expect(statSync(join(directory, 'pop-key.pem')).mode & 0o777).toBe(0o600);
    expect((await proofKey(directory, silent)).thumbprint).toBe(other.thumbprint);
  });
});

function pemOf(kind: 'rsa' | 'ec'): string {
  const { privateKey } =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 1024 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
