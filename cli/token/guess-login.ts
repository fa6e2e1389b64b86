// Which way to sign in was meant, when --login is left out: the one that the environment has everything for. Only variables
// are looked at: nothing is asked and nothing is run, since a wrong guess must not cost a kubectl its time.
import { AZURERM_NAMES, firstSetName } from './azure-variables.ts';
import type { Environment, VariableNames } from './azure-variables.ts';
import type { ModeSettings } from './sign-in-request.ts';

export interface LoginGuess {
  readonly login: string;
  /** The end of a sentence that begins with "because". */
  readonly because: string;
}

/** A flag that only one way looks at says which way was meant. */
const BY_SETTING: readonly (readonly [keyof ModeSettings, login: string, words: string])[] = [
  ['clientCertificate', 'spn', 'a client certificate is given'],
  ['federatedTokenFile', 'workloadidentity', 'a federated token file is given'],
  ['serviceConnectionId', 'azurepipelines', 'a service connection is given'],
  ['identityResourceId', 'msi', 'the resource id of an identity is given'],
  ['subscription', 'azurecli', 'a subscription is given'],
  ['redirectUrl', 'interactive', 'a redirect address is given'],
  ['loginHint', 'interactive', 'a login hint is given'],
];

/** What a task of Azure Pipelines says of the service connection that it names, and who issues tokens of it. */
const CONNECTION = 'AZURESUBSCRIPTION_SERVICE_CONNECTION_ID';
const ISSUER_OF_JOB = 'SYSTEM_OIDCREQUESTURI';

/**
 * After the flags a service connection: a task sets it for this one step, while what else lies in a job's environment
 * (an agent that is a workload itself, a variable group) is there for all of them, and is another identity. Then in the
 * order of Azure's own DefaultAzureCredential: what was put there on purpose comes before what a platform offers. In a
 * job a way is guessed that can say what is missing: nobody is there to enter a code.
 */
export function guessLogin(
  environment: Environment,
  names: VariableNames,
  settings: ModeSettings,
): LoginGuess {
  const given = BY_SETTING.find(([name]) => settings[name] !== undefined);
  if (given !== undefined) return { login: given[1], because: given[2] };
  const isSet = (...from: readonly string[]): string | undefined => firstSetName(environment, from);
  const connection = isSet(CONNECTION);
  const ownCredential = isSet(...names.clientSecret, ...names.certificatePath);
  const found: readonly (readonly [login: string, name: string | undefined])[] = [
    // These are looked at only where a flag asks for them.
    ['spn', names === AZURERM_NAMES ? ownCredential : undefined],
    ['azurepipelines', isSet(ISSUER_OF_JOB) === undefined ? undefined : connection],
    ['spn', ownCredential],
    ['workloadidentity', isSet('AZURE_FEDERATED_TOKEN_FILE')],
    ['azurepipelines', connection],
    ['workloadidentity', isSet('ACTIONS_ID_TOKEN_REQUEST_URL')],
    ['msi', isSet('IDENTITY_ENDPOINT', 'MSI_ENDPOINT')],
    ['azurepipelines', isSet(ISSUER_OF_JOB, 'TF_BUILD')],
    ['workloadidentity', isSet('GITHUB_ACTIONS')],
  ];
  for (const [login, name] of found) if (name !== undefined) return { login, because: `${name} is set` };
  return {
    login: 'devicecode',
    because: 'no variable of a pipeline, a workload or a service principal is set',
  };
}
