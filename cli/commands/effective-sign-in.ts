// What counts, of flags and of the environment's variables. In kubelogin a variable always wins; here a flag does, since
// it is what the kubeconfig says: who somebody is at a cluster must not change with an AZURE_CLIENT_ID that was set for
// something else. But whoever sets AAD_LOGIN_METHOD says that this process is somebody else than the kubeconfig has in
// mind, and then the variables win here too. So do Terraform's, since they are asked for by a flag of their own.
import { usageError } from '../cli-error.ts';
import { parseGuid, parseHttpsOrigin, parseTenant } from '../config/parse-text.ts';
import { AZURERM_NAMES, AZURE_NAMES, firstSet, firstSetName } from '../token/azure-variables.ts';
import type { Environment, VariableNames } from '../token/azure-variables.ts';
import { guessLogin } from '../token/guess-login.ts';
import type { ModeSettings } from '../token/sign-in-request.ts';
import type { SignInOptions } from './sign-in-options.ts';

export interface EffectiveSignIn {
  readonly login: string;
  /** The flag or the variable that says so, for people. */
  readonly loginFrom: string;
  /** A line about a login that no flag has named. */
  readonly notice: string | undefined;
  readonly tenant: string | undefined;
  readonly clientId: string | undefined;
  readonly authorityHost: string | undefined;
  readonly variableNames: VariableNames;
  readonly settings: ModeSettings;
}

const METHOD = 'AAD_LOGIN_METHOD';

/**
 * @param options what checkSignInOptions gave
 * @throws CliError CC_ERR_CLI_USAGE for a variable that is not what it has to be
 */
export function effectiveSignIn(options: SignInOptions, environment: Environment): EffectiveSignIn {
  const flagsWin = options.disableEnvironmentOverride === true;
  const names = options.useAzurermEnvVars === true ? AZURERM_NAMES : AZURE_NAMES;
  const method = flagsWin && options.login !== undefined ? undefined : firstSet(environment, [METHOD]);
  const variablesWin = !flagsWin && (method !== undefined || options.useAzurermEnvVars === true);
  const isSet = (from: readonly string[]): boolean => firstSet(environment, from) !== undefined;
  const flagOf = <T>(flag: T, from: readonly string[]): T | undefined =>
    variablesWin && isSet(from) ? undefined : flag;
  const settings: ModeSettings = {
    clientCertificate: flagOf(options.clientCertificate, names.certificatePath),
    federatedTokenFile: flagOf(options.federatedTokenFile, ['AZURE_FEDERATED_TOKEN_FILE']),
    serviceConnectionId: options.azurePipelinesServiceConnectionId,
    identityResourceId: options.identityResourceId,
    subscription: options.subscription,
    redirectUrl: options.redirectUrl,
    loginHint: options.loginHint,
  };
  const chosen = chooseLogin(options, method, environment, names, settings);
  const ids = (from: readonly string[], ofConnection: string): readonly string[] => {
    if (chosen.login !== 'azurepipelines') return from;
    // AZURE_CLIENT_ID in a job is its agent's, or of a variable group, and no service connection's; only a variable that
    // was asked for comes before what the task says, and one connection's ids are not those of another.
    const comesFirst = !variablesWin && isTasksConnection(settings.serviceConnectionId, environment);
    return comesFirst ? [ofConnection, ...from] : [...from, ofConnection];
  };
  return {
    ...chosen,
    tenant:
      flagOf(options.tenant, names.tenant) ??
      variable(environment, ids(names.tenant, 'AZURESUBSCRIPTION_TENANT_ID'), parseTenant),
    clientId:
      flagOf(options.clientId, names.clientId) ??
      variable(environment, ids(names.clientId, 'AZURESUBSCRIPTION_CLIENT_ID'), parseGuid),
    authorityHost:
      flagOf(options.authorityHost, AUTHORITY_HOST) ??
      variable(environment, AUTHORITY_HOST, parseHttpsOrigin),
    variableNames: names,
    settings,
  };
}

const AUTHORITY_HOST = ['AZURE_AUTHORITY_HOST'];

/** Whether the connection that is to sign in is the one whose ids the task has set. */
function isTasksConnection(id: string | undefined, environment: Environment): boolean {
  const ofTask = firstSet(environment, ['AZURESUBSCRIPTION_SERVICE_CONNECTION_ID']);
  return id === undefined || ofTask === undefined || id === ofTask.toLowerCase();
}

function chooseLogin(
  { login }: SignInOptions,
  method: string | undefined,
  environment: Environment,
  names: VariableNames,
  settings: ModeSettings,
): Pick<EffectiveSignIn, 'login' | 'loginFrom' | 'notice'> {
  if (method !== undefined) {
    const notice =
      method === login
        ? undefined
        : `cluster-connect: signing in with ${method}${login === undefined ? '' : ` instead of ${login}`}, because ${METHOD} says so`;
    return { login: method, loginFrom: METHOD, notice };
  }
  if (login !== undefined) return { login, loginFrom: '--login', notice: undefined };
  const guess = guessLogin(environment, names, settings);
  return {
    login: guess.login,
    loginFrom: '--login',
    notice: `cluster-connect: --login is left out: signing in with ${guess.login}, because ${guess.because}`,
  };
}

// The value is not repeated: what somebody puts into the wrong variable may be a secret.
function variable(
  environment: Environment,
  names: readonly string[],
  parse: (text: string) => string | undefined,
): string | undefined {
  const name = firstSetName(environment, names);
  const text = firstSet(environment, names);
  if (name === undefined || text === undefined) return undefined;
  const value = parse(text);
  if (value !== undefined) return value;
  throw usageError(`${name} is not what it has to be`, `It stands for a flag: see --help for its form`);
}
