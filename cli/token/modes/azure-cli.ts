// Signs in as whoever has run `az login`, by asking the Azure CLI, which has its own account and its own renewals.
import { execFile } from 'node:child_process';
import { CliError, usageError } from '../../cli-error.ts';
import { firstSet } from '../azure-variables.ts';
import type { Environment } from '../azure-variables.ts';
import { parseGoDuration } from '../go-duration.ts';
import { checkedToken } from '../sign-in-error.ts';
import type { AccessToken, SignInRequest } from '../sign-in-request.ts';

/** az starts slowly; kubelogin waits as long. */
const DEFAULT_TIMEOUT_MS = 60_000;
const MAX_TIMEOUT_MS = 600_000;
const MAX_OUTPUT_BYTES = 1_048_576;
/** What stands in a command line without being quoted, for the shell that Windows needs to run az.cmd. */
const PLAIN_ARGUMENT = /^[\w.:/@ ()-]+$/;

const DEFAULT_SCOPE = '/.default';

const PLACE = {
  name: 'az',
  unreachableAdvice: 'Check that `az account get-access-token` works',
  refusedAdvice: 'Run `az account get-access-token` to see what it says, or update the Azure CLI',
};

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED, CC_ERR_CLI_USAGE */
export async function signInWithAzureCli(request: SignInRequest): Promise<AccessToken> {
  const args = [
    'account',
    'get-access-token',
    '--output',
    'json',
    ...target(request.scope),
    ...account(request),
  ];
  if (!args.every((argument) => PLAIN_ARGUMENT.test(argument))) {
    throw usageError(
      '--scope or --server-id has characters that az is not given',
      'Use a GUID or an App ID URI',
    );
  }
  const output = await runAz(args, request.environment, timeoutMs(request.environment));
  return checkedToken(parseOutput(output), request, PLACE);
}

// A whole API by its own flag, as azidentity has it: every az knows that one.
function target(scope: string): string[] {
  return scope.endsWith(DEFAULT_SCOPE)
    ? ['--resource', scope.slice(0, -DEFAULT_SCOPE.length)]
    : ['--scope', scope];
}

// az takes one of them, not both; a subscription is in one tenant.
function account({ tenant, subscription }: SignInRequest): string[] {
  if (subscription !== undefined) return ['--subscription', subscription];
  return tenant === '' ? [] : ['--tenant', tenant];
}

async function runAz(args: readonly string[], environment: Environment, timeout: number): Promise<string> {
  const onWindows = process.platform === 'win32';
  const quoted = args.map((argument) => (onWindows && argument.includes(' ') ? `"${argument}"` : argument));
  return new Promise((resolve, reject) => {
    execFile(
      'az',
      quoted,
      {
        timeout,
        killSignal: 'SIGKILL',
        maxBuffer: MAX_OUTPUT_BYTES,
        encoding: 'utf8',
        windowsHide: true,
        shell: onWindows,
        env: { ...environment },
        // Its shell would take an az.cmd of the directory that somebody happens to be in.
        ...(onWindows && { cwd: environment['SystemRoot'] ?? 'C:\\Windows' }),
      },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(azError(error, stderr, timeout));
      },
    );
  });
}

// az writes names of people and whole answers of Entra to standard error: only its codes are taken from there.
function azError(
  error: Error & { readonly code?: unknown; readonly killed?: boolean },
  stderr: string,
  timeout: number,
): CliError {
  const failed = (message: string, advice: string): CliError =>
    new CliError('CC_ERR_CLI_SIGN_IN_FAILED', message, advice, { cause: error });
  if (error.code === 'ENOENT' || error.code === 127) {
    return failed('az is not on the PATH', 'Install the Azure CLI, or use another --login');
  }
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
    return failed('az wrote more than a token', 'Run `az account get-access-token` to see what it says');
  }
  if (error.killed === true) {
    return failed(
      `az gave no token within ${timeout / 1000} s`,
      'Run `az account get-access-token` to see what it waits for, or set AZURE_CLI_TIMEOUT to more, such as 2m',
    );
  }
  const aadsts = /\bAADSTS\d{4,9}\b/.exec(stderr)?.[0];
  if (/az login|az account set/.test(stderr) || aadsts !== undefined) {
    return failed(
      `az is not signed in for this${aadsts === undefined ? '' : ` (${aadsts})`}`,
      'Run `az login`, with --tenant and --scope if the API is in another tenant or asks for consent',
    );
  }
  return failed('az failed', 'Run `az account get-access-token` to see why');
}

/** `expires_on` is in seconds; az before 2.54 has only `expiresOn`, in local time and without saying so. */
function parseOutput(output: string): { accessToken: string; expiresOn: Date } | null {
  let value: unknown;
  try {
    value = JSON.parse(output);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { accessToken, expires_on: seconds, expiresOn: local }: Record<string, unknown> = { ...value };
  if (typeof accessToken !== 'string') return null;
  if (typeof seconds === 'number') return { accessToken, expiresOn: new Date(seconds * 1000) };
  return typeof local === 'string' ? { accessToken, expiresOn: new Date(local.replace(' ', 'T')) } : null;
}

function timeoutMs(environment: Environment): number {
  const text = firstSet(environment, ['AZURE_CLI_TIMEOUT']);
  if (text === undefined) return DEFAULT_TIMEOUT_MS;
  const value = parseGoDuration(text);
  if (value !== undefined && value > 0 && value <= MAX_TIMEOUT_MS) return value;
  throw usageError('AZURE_CLI_TIMEOUT is not a time of up to 10m', 'Set it to something like 30s or 1m30s');
}
