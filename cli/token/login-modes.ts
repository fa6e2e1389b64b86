// The ways to sign in: a table, so that a new way is one entry and one file. Each is loaded when it is used.
import { usageError } from '../cli-error.ts';
import type { AccessToken, SignInRequest } from './sign-in-request.ts';

export interface LoginMode {
  /** One line for `--help`. */
  readonly summary: string;
  /** How long another call may wait for this one's result, in milliseconds. */
  readonly longestMs: number;
  /** Loads only what this way needs. */
  load(): Promise<(request: SignInRequest) => Promise<AccessToken>>;
}

const LOGIN_MODES: ReadonlyMap<string, LoginMode> = new Map<string, LoginMode>([
  [
    'devicecode',
    {
      summary: 'a person, with a code typed into a browser on any device',
      longestMs: 900_000,
      load: async () => (await import('./device-code.ts')).signInWithDeviceCode,
    },
  ],
  [
    'spn',
    {
      summary: 'a service principal, with its secret in AZURE_CLIENT_SECRET',
      longestMs: 60_000,
      load: async () => (await import('./client-credentials.ts')).signInWithSecret,
    },
  ],
]);

export const LOGIN_MODE_NAMES: readonly string[] = [...LOGIN_MODES.keys()];

/** @throws CliError CC_ERR_CLI_USAGE that lists the modes there are */
export function loginMode(name: string): LoginMode {
  const mode = LOGIN_MODES.get(name);
  if (mode !== undefined) return mode;
  throw usageError(
    `--login ${JSON.stringify(name.slice(0, 50))} is not a way to sign in that this version knows`,
    `Use one of: ${LOGIN_MODE_NAMES.join(', ')}`,
  );
}

export function loginModesHelp(): string {
  const lines = [...LOGIN_MODES].map(([name, mode]) => `  ${name.padEnd(12)}${mode.summary}`);
  return `Ways to sign in (--login):\n${lines.join('\n')}`;
}
