// What a stream carried, compared between the two ways: text as it is printed, bytes by their hash.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { expect } from 'vitest';
import type { Kubectl, KubectlResult, KubectlRun } from '../kubectl.ts';
import type { KubectlPair } from '../relay-fixture.ts';

/** Runs a command whose output no time changes, both ways at once, and returns what both printed. */
export async function expectSameResult(
  { direct, relayed }: KubectlPair,
  args: readonly string[],
  options?: KubectlRun,
  normalise: (result: KubectlResult) => KubectlResult = (result) => result,
): Promise<KubectlResult> {
  const run = async (kubectl: Kubectl) => normalise(await kubectl.run(args, options));
  const [fromDirect, fromRelay] = await Promise.all([run(direct), run(relayed)]);
  expect(fromRelay).toEqual(fromDirect);
  return fromDirect;
}

export interface HashedResult {
  readonly sha256: string;
  readonly bytes: number;
  readonly stderr: string;
  readonly exitCode: number;
}

export async function runHashed(
  kubectl: Kubectl,
  args: readonly string[],
  options: KubectlRun = {},
): Promise<HashedResult> {
  const hash = createHash('sha256');
  let bytes = 0;
  const { stderr, exitCode } = await kubectl.run(args, {
    ...options,
    onStdout: (chunk) => {
      hash.update(chunk);
      bytes += chunk.length;
    },
  });
  return { sha256: hash.digest('hex'), bytes, stderr, exitCode };
}

const BLOCK_BYTES = 1 << 20;

/** Bytes that no compression makes small, the same every time, as long as they are read; never all in memory. */
export function* incompressibleBlocks(megabytes: number): Generator<Buffer> {
  for (let index = 0; index < megabytes; index += 1) {
    // SHAKE256 gives as much as is asked for.
    yield createHash('shake256', { outputLength: BLOCK_BYTES }).update(`block ${index}`).digest();
  }
}

export function incompressibleStream(megabytes: number): Readable {
  return Readable.from(incompressibleBlocks(megabytes), { objectMode: false });
}

export function sha256Of(blocks: Iterable<Uint8Array>): string {
  const hash = createHash('sha256');
  for (const block of blocks) hash.update(block);
  return hash.digest('hex');
}

export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}
