#!/usr/bin/env node
// The `cluster-connect` command: runs it and turns its end into an exit code.
import { EXIT } from './exit-codes.ts';
import { nodeTooOld } from './node-floor.ts';
import { runProgram } from './program.ts';
import { describeError } from './report-error.ts';

const debug = process.argv.includes('--debug') || (process.env['CLUSTER_CONNECT_DEBUG'] ?? '') !== '';

// `cluster-connect ... | head` closes our standard output: that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failure);
});
process.on('uncaughtException', (error) => {
  process.stderr.write(describeError(error, { debug }));
  process.exit(EXIT.failure);
});

const tooOld = nodeTooOld(process.version);
if (tooOld === undefined) {
  process.exitCode = await runProgram(process.argv.slice(2), { debug });
} else {
  process.stderr.write(`cluster-connect: ${tooOld}\n`);
  process.exitCode = EXIT.failure;
}
