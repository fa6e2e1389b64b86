// What a proof-of-possession token is to say, as `--pop-claims` has it: key=value pairs with commas between them.
import { usageError } from '../../cli-error.ts';

export interface PopClaims {
  /** `u`: the id of the one cluster that the token is for. */
  readonly cluster: string;
}

const CLUSTER = /^[\x21-\x2b\x2d-\x7e]{1,512}$/;

/**
 * kubelogin takes other claims too and drops them; here they are refused, since whoever gives one relies on it.
 * @throws CliError CC_ERR_CLI_USAGE
 */
export function parsePopClaims(text: string): PopClaims {
  let cluster: string | undefined;
  for (const pair of text.split(',')) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(equals, 0)).trim();
    const value = pair.slice(equals + 1).trim();
    if (name !== 'u' || cluster !== undefined || !CLUSTER.test(value)) throw wrongClaims();
    cluster = value;
  }
  if (cluster === undefined) throw wrongClaims();
  return { cluster };
}

function wrongClaims(): Error {
  return usageError(
    '--pop-claims is not u=<id of the cluster>, and nothing else can be put into a token',
    'Give the id that `cluster-connect cluster list` shows at the gateway',
  );
}
