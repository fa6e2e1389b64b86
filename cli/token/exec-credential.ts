// The two sides of kubectl's exec plugin contract: what kubectl says in KUBERNETES_EXEC_INFO, and what it reads back.
// k8s.io/client-go/pkg/apis/clientauthentication (v1, v1beta1).
import { CliError } from '../cli-error.ts';
import type { AccessToken } from './sign-in-request.ts';

const GROUP = 'client.authentication.k8s.io';
const API_VERSIONS = [`${GROUP}/v1`, `${GROUP}/v1beta1`] as const;
export type ExecApiVersion = (typeof API_VERSIONS)[number];

/** With `provideClusterInfo: true` it holds a CA as well: still far below this. */
const MAX_EXEC_INFO_LENGTH = 1_048_576;

/**
 * The version kubectl wants the answer in; v1 when nobody says, as on a terminal.
 * @throws CliError CC_ERR_CLI_EXEC_INFO_INVALID
 */
export function execApiVersion(execInfo: string | undefined): ExecApiVersion {
  if (execInfo === undefined || execInfo === '') return API_VERSIONS[0];
  if (execInfo.length > MAX_EXEC_INFO_LENGTH) throw invalid('is too long');
  let value: unknown;
  try {
    value = JSON.parse(execInfo);
  } catch (error) {
    throw invalid('is not JSON', error);
  }
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== 'ExecCredential') {
    throw invalid('is not an ExecCredential');
  }
  const version = 'apiVersion' in value ? value.apiVersion : undefined;
  const known = API_VERSIONS.find((candidate) => candidate === version);
  if (known === undefined) throw invalid(`has an apiVersion other than ${API_VERSIONS.join(' and ')}`);
  return known;
}

/** What goes to standard output: one line of JSON. */
export function execCredential(apiVersion: ExecApiVersion, token: AccessToken): string {
  // metav1.Time has whole seconds; rounded down, so that a client never holds a token for longer than it lasts.
  const expiresAt = new Date(Math.floor(token.expiresAtMs / 1000) * 1000);
  return `${JSON.stringify({
    apiVersion,
    kind: 'ExecCredential',
    status: { token: token.token, expirationTimestamp: expiresAt.toISOString().replace('.000Z', 'Z') },
  })}\n`;
}

function invalid(what: string, cause?: unknown): CliError {
  return new CliError(
    'CC_ERR_CLI_EXEC_INFO_INVALID',
    `KUBERNETES_EXEC_INFO ${what}`,
    `Let kubectl set it (kubeconfig: exec.apiVersion ${API_VERSIONS[0]}), or unset it to run this by hand`,
    { cause },
  );
}
