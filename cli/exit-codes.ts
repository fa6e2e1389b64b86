// What the shell sees. Scripts branch on these numbers, so a number never changes its meaning.
import { ConfigError } from '../observe/index.ts';
import { CliError } from './cli-error.ts';
import type { CliErrorCode } from './cli-error.ts';

export const EXIT = { ok: 0, failure: 1, usage: 2, signIn: 3, interrupted: 130, terminated: 143 } as const;

const EXIT_BY_CODE = {
  CC_ERR_CLI_USAGE: EXIT.usage,
  CC_ERR_CLI_FILE_UNREADABLE: EXIT.usage,
  CC_ERR_CLI_FILE_UNWRITABLE: EXIT.failure,
  CC_ERR_CLI_FILE_LOCKED: EXIT.failure,
  CC_ERR_CLI_KUBECONFIG_INVALID: EXIT.usage,
  CC_ERR_CLI_CLUSTER_EXISTS: EXIT.failure,
  CC_ERR_CLI_CLUSTER_UNKNOWN: EXIT.failure,
  CC_ERR_CLI_EXEC_INFO_INVALID: EXIT.usage,
  CC_ERR_CLI_TOKEN_FILE_INVALID: EXIT.usage,
  CC_ERR_CLI_SIGN_IN_FAILED: EXIT.signIn,
  CC_ERR_CLI_SIGN_IN_UNREACHABLE: EXIT.signIn,
} as const satisfies Record<CliErrorCode, number>;

export const EXIT_CODES_HELP = `Exit codes:
  0    done
  1    failed
  2    wrong usage, settings or input files
  3    sign-in needed, refused or not reachable
  130  stopped at once by a second SIGINT
  143  stopped at once by a second SIGTERM`;

export function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) return EXIT.usage;
  if (error instanceof CliError) return EXIT_BY_CODE[error.code];
  return EXIT.failure;
}
