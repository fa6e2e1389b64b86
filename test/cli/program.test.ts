// The command line as a person and a shell meet it: help, exit codes, one plain line for an error.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand, runHere, temporaryDirectory } from './run-command.ts';

const SUBCOMMANDS = ['gateway', 'agent', 'cluster', 'get-credentials', 'get-token', 'troubleshoot'];

describe('the command line', () => {
  it('prints the version of package.json', async () => {
    const { version } = JSON.parse(
      readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'),
    );
    expect(await runCommand(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('names each subcommand, examples and exit codes in its help', async () => {
    const { code, stdout, stderr } = await runCommand(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const name of SUBCOMMANDS) expect(stdout).toContain(`  ${name}`);
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain('Exit codes:');
  });

  it.each(SUBCOMMANDS)('has a help with examples for %s', async (name) => {
    const { code, stdout, stderr } = await runHere([name, '--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`Usage: cluster-connect ${name}`);
    expect(stdout).toContain('Examples:');
  });

  it('gives the same help by `help NAME`', async () => {
    expect(await runHere(['help', 'get-token'])).toEqual(await runHere(['get-token', '--help']));
  });

  it.each([
    {
      args: ['gatway'],
      says: "unknown command 'gatway' (Did you mean gateway?). See: cluster-connect --help.",
    },
    { args: ['gateway', '--nope'], says: "unknown option '--nope'. See: cluster-connect gateway --help." },
    {
      args: ['get-credentials', '--cluster', 'a'],
      says: "required option '--gateway <url>' not specified. See: cluster-connect get-credentials --help.",
    },
    {
      args: ['cluster', 'add'],
      says: "missing required argument 'name'. See: cluster-connect cluster --help.",
    },
    {
      args: ['get-token', '--login', 'password'],
      says: '--login "password" is not a way to sign in that this version knows. Use one of: devicecode, interactive, spn, workloadidentity, msi, azurecli, azurepipelines.',
    },
  ])('refuses $args with exit code 2 and one line', async ({ args, says }) => {
    const { code, stdout, stderr } = await runHere(args);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: `cluster-connect: ${says}\n` });
  });

  it('shows the help, and fails, when a subcommand is missing', async () => {
    const { code, stdout, stderr } = await runHere([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^Usage: [\s\S]*\ncluster-connect: a subcommand is missing\. See: cluster-connect --help\.\n$/,
    );
  });

  it('shows a stack only when asked', async () => {
    const plain = await runCommand(['gateway', '--config', '/nonexistent.yaml']);
    const debug = await runCommand(['gateway', '--config', '/nonexistent.yaml', '--debug']);
    expect(plain.stderr).not.toContain('    at ');
    expect(debug.stderr).toContain('    at ');
    expect([plain.code, debug.code]).toEqual([2, 2]);
  });

  it('answers unknown errors with a line and exit code 1', async () => {
    const directory = temporaryDirectory();
    // The data directory is a file: the store cannot be opened, which no check of the settings sees.
    writeFileSync(join(directory, 'data'), '');
    writeFileSync(
      join(directory, 'gateway.yaml'),
      'publicUrl: https://relay.example.com\ndataDir: data\nentra:\n  tenants: [11111111-2222-3333-4444-555555555555]\n  audiences: [api]\n',
    );
    const { code, stderr } = await runCommand(['cluster', 'list', '--config', 'gateway.yaml'], {
      cwd: directory,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^cluster-connect: .*\n$/);
    expect(stderr).not.toContain('    at ');
  });
});
