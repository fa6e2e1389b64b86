// Errors that a person at a terminal can act on: what happened, and what to do next, each one sentence.
import { ClusterConnectError } from '../observe/index.ts';

export type CliErrorCode =
  | 'CC_ERR_CLI_USAGE'
  | 'CC_ERR_CLI_FILE_UNREADABLE'
  | 'CC_ERR_CLI_FILE_UNWRITABLE'
  | 'CC_ERR_CLI_FILE_LOCKED'
  | 'CC_ERR_CLI_KUBECONFIG_INVALID'
  | 'CC_ERR_CLI_CLUSTER_EXISTS'
  | 'CC_ERR_CLI_CLUSTER_UNKNOWN'
  | 'CC_ERR_CLI_EXEC_INFO_INVALID'
  | 'CC_ERR_CLI_TOKEN_FILE_INVALID'
  | 'CC_ERR_CLI_SIGN_IN_FAILED'
  | 'CC_ERR_CLI_SIGN_IN_UNREACHABLE';

/** `message` says what happened, `advice` what to do; both without a secret and without a final line break. */
export class CliError extends ClusterConnectError<CliErrorCode> {
  readonly advice: string;

  constructor(code: CliErrorCode, message: string, advice: string, options?: ErrorOptions) {
    super(code, message, options);
    this.advice = advice;
  }
}

/** Wrong use of the command line: exit code 2. */
export function usageError(message: string, advice: string, options?: ErrorOptions): CliError {
  return new CliError('CC_ERR_CLI_USAGE', message, advice, options);
}
