// The base of every error that crosses a folder's border: readers match `code`, never the text or the class.

/** An error with a stable code. The message never holds a token, a header value or a body. */
export class ClusterConnectError<Code extends string = string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

export type ConfigErrorCode = 'CC_ERR_CONFIG_INVALID';

/** The settings cannot be used. Names every problem at once, so that one run is enough to mend them all. */
export class ConfigError extends ClusterConnectError<ConfigErrorCode> {
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super('CC_ERR_CONFIG_INVALID', problems.join('\n'), options);
    this.problems = problems;
  }
}

/** The code of an unknown thrown value, for logs: ours, Node's (`ECONNREFUSED`) or `unknown`. */
export function errorCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return 'unknown';
}
