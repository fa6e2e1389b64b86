// Asks a CI system for the token that Entra takes as the proof of an application. Its answer and our bearer are secrets:
// neither gets into an error.
import { CliError } from '../cli-error.ts';
import type { AuthorityNetwork } from './authority-network.ts';
import { networkErrorCode } from './sign-in-error.ts';

export interface AssertionQuestion {
  /** For people. */
  readonly whom: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** Added to the query that the address may have already. */
  readonly query: Readonly<Record<string, string>>;
  readonly bearer: string;
  /** Of the answer: where the token is. */
  readonly member: string;
  readonly advice: string;
}

/** Those of CI systems are 1 to 3 KB. */
const MAX_ASSERTION_LENGTH = 16_384;

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED, CC_ERR_CLI_SIGN_IN_UNREACHABLE */
export async function askForAssertion(
  network: Pick<AuthorityNetwork, 'elsewhere'>,
  question: AssertionQuestion,
): Promise<string> {
  const url = questionUrl(question);
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    authorization: `Bearer ${question.bearer}`,
    // Azure DevOps would otherwise send whoever it does not know to a page for signing in.
    'x-tfs-fedauthredirect': 'Suppress',
  };
  const { status, body } = await ask(network, question, url, headers);
  if (status !== 200) throw refused(question, `answered with ${status}`);
  const token = typeof body === 'object' && body !== null ? Reflect.get(body, question.member) : undefined;
  if (typeof token === 'string' && isAssertion(token)) return token;
  throw refused(question, 'gave no token');
}

/** A JWT by its looks: whether it is a good one is for Entra to say. */
export function isAssertion(text: string): boolean {
  return text.length <= MAX_ASSERTION_LENGTH && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}

async function ask(
  network: Pick<AuthorityNetwork, 'elsewhere'>,
  question: AssertionQuestion,
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: unknown }> {
  try {
    return await network.elsewhere(question.method, url, { headers });
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(
      'CC_ERR_CLI_SIGN_IN_UNREACHABLE',
      `${question.whom} could not be asked for a token (${networkErrorCode(error) ?? 'unknown'})`,
      'Check the network, HTTPS_PROXY and NO_PROXY of this job',
      { cause: error },
    );
  }
}

// Over https only: the bearer would be anybody's on the way.
function questionUrl({ url, query, whom }: AssertionQuestion): string {
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:') {
    throw new CliError(
      'CC_ERR_CLI_SIGN_IN_FAILED',
      `the address of ${whom} is not an https address`,
      'The CI system sets it: do not set it by hand',
    );
  }
  const full = new URL(url);
  for (const [name, value] of Object.entries(query)) full.searchParams.set(name, value);
  return full.href;
}

function refused({ whom, advice }: AssertionQuestion, what: string): CliError {
  return new CliError('CC_ERR_CLI_SIGN_IN_FAILED', `${whom} ${what}`, advice);
}
