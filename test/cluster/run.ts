// npm run test:cluster: has the binaries ready, then runs this folder's tests. `--if-available` makes their absence
// no failure; every other argument is Vitest's.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { MissingToolsError } from '../../demo/go-tools/index.ts';
import { ensureTools } from './tools/build-tools.ts';
import type { ToolPaths } from './tools/find-tools.ts';

const IF_AVAILABLE = '--if-available';
const REPOSITORY = join(import.meta.dirname, '../..');

const print = (line: string): void => void process.stderr.write(`test:cluster: ${line}\n`);

async function main(args: readonly string[]): Promise<number> {
  const startedAt = Date.now();
  let tools: ToolPaths;
  try {
    tools = await ensureTools(process.env, print);
  } catch (error) {
    if (!(error instanceof MissingToolsError)) throw error;
    print(error.message);
    if (!args.includes(IF_AVAILABLE)) return 1;
    print(`not run: ${IF_AVAILABLE} was given`);
    return 0;
  }
  for (const [name, file] of Object.entries(tools)) print(`${name}: ${file}`);
  print(`ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  return await runVitest(args.filter((arg) => arg !== IF_AVAILABLE));
}

function runVitest(args: readonly string[]): Promise<number> {
  const vitest = join(REPOSITORY, 'node_modules/vitest/vitest.mjs');
  const config = join(import.meta.dirname, 'vitest.config.ts');
  const child = spawn(process.execPath, [vitest, 'run', '--config', config, ...args], {
    cwd: REPOSITORY,
    stdio: 'inherit',
  });
  // An interrupt reaches the whole group: Vitest then ends its control plane, and this process waits for it.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

process.exitCode = await main(process.argv.slice(2));
