// Which way to sign in was meant, when --login is left out: the one that the environment has everything for. Only variables
// are looked at: nothing is asked and nothing is run, since a wrong guess must not cost a kubectl its time.
import { firstSetName } from './azure-variables.ts';
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

/**
 * After the flags in the order of Azure's own DefaultAzureCredential: what was put there on purpose comes before what a
 * platform offers. In a job a way is guessed that can say what is missing: nobody is there to enter a code.
 */
export function guessLogin(
  environment: Environment,
  names: VariableNames,
  settings: ModeSettings,
): LoginGuess {
  const given = BY_SETTING.find(([name]) => settings[name] !== undefined);
  if (given !== undefined) return { login: given[1], because: given[2] };
  const isSet = (...from: readonly string[]): string | undefined => firstSetName(environment, from);
  const found: readonly (readonly [login: string, name: string | undefined])[] = [
    ['spn', isSet(...names.clientSecret, ...names.certificatePath)],
    ['workloadidentity', isSet('AZURE_FEDERATED_TOKEN_FILE')],
    ['azurepipelines', isSet('AZURESUBSCRIPTION_SERVICE_CONNECTION_ID')],
    ['workloadidentity', isSet('ACTIONS_ID_TOKEN_REQUEST_URL')],
    ['msi', isSet('IDENTITY_ENDPOINT', 'MSI_ENDPOINT')],
    ['azurepipelines', isSet('SYSTEM_OIDCREQUESTURI', 'TF_BUILD')],
    ['workloadidentity', isSet('GITHUB_ACTIONS')],
  ];
  for (const [login, name] of found) if (name !== undefined) return { login, because: `${name} is set` };
  return {
    login: 'devicecode',
    because: 'no variable of a pipeline, a workload or a service principal is set',
  };
}
