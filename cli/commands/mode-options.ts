// The options that only one way to sign in looks at, under kubelogin's names. A table: the flag, what it is, its form.
// No secret is among them: every user of the machine could read it in the process list.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { usageError } from '../cli-error.ts';
import { parseGuid } from '../config/parse-text.ts';
import { parseLoopbackUrl } from '../token/loopback-url.ts';

export interface ModeOptions {
  readonly clientCertificate?: string;
  readonly federatedTokenFile?: string;
  readonly azurePipelinesServiceConnectionId?: string;
  readonly identityResourceId?: string;
  readonly subscription?: string;
  readonly redirectUrl?: string;
  readonly loginHint?: string;
  readonly useAzurermEnvVars?: boolean;
  readonly disableEnvironmentOverride?: boolean;
}

interface TextFlag {
  readonly name: Exclude<keyof ModeOptions, 'useAzurermEnvVars' | 'disableEnvironmentOverride'>;
  readonly flag: string;
  readonly value: string;
  readonly help: string;
  /** What the value has to be, as the end of a sentence. */
  readonly mustBe: string;
  readonly parse: (text: string, wholePath: WholePath) => string | undefined;
}

/** Names a file from the root. */
export type WholePath = (path: string) => string;

const TEXT_FLAGS: readonly TextFlag[] = [
  {
    name: 'clientCertificate',
    flag: '--client-certificate',
    value: '<file>',
    help: 'spn: PEM or PFX with the private key; else AZURE_CLIENT_CERTIFICATE_PATH',
    mustBe: 'the name of a file',
    parse: parseFile,
  },
  {
    name: 'federatedTokenFile',
    flag: '--federated-token-file',
    value: '<file>',
    help: 'workloadidentity; else AZURE_FEDERATED_TOKEN_FILE',
    mustBe: 'the name of a file',
    parse: parseFile,
  },
  {
    name: 'azurePipelinesServiceConnectionId',
    flag: '--azure-pipelines-service-connection-id',
    value: '<id>',
    help: 'azurepipelines; else AZURESUBSCRIPTION_SERVICE_CONNECTION_ID',
    mustBe: 'a GUID',
    parse: parseGuid,
  },
  {
    name: 'identityResourceId',
    flag: '--identity-resource-id',
    value: '<id>',
    help: 'msi: a user-assigned identity by its resource id',
    mustBe: 'a resource id such as /subscriptions/...',
    parse: (text) => (/^\/[\w./() -]{1,500}$/.test(text) ? text : undefined),
  },
  {
    name: 'subscription',
    flag: '--subscription',
    value: '<id>',
    help: 'azurecli: the subscription whose account signs in',
    mustBe: 'the id or the name of a subscription',
    // Those that az takes; it is run by a shell on Windows.
    parse: (text) => (/^\w[\w. ()-]{0,99}$/.test(text) ? text : undefined),
  },
  {
    name: 'redirectUrl',
    flag: '--redirect-url',
    value: '<url>',
    help: 'interactive: where the browser comes back to (default: http://localhost and a free port)',
    mustBe: 'http://localhost[:port][/path]',
    parse: parseLoopbackUrl,
  },
  {
    name: 'loginHint',
    flag: '--login-hint',
    value: '<name>',
    help: 'interactive: the user name to begin with',
    mustBe: 'a user name',
    parse: (text) => (/^[^\p{C}]{1,200}$/u.test(text) ? text : undefined),
  },
];

export function addModeOptions(command: Command): Command {
  for (const { flag, value, help } of TEXT_FLAGS) command.option(`${flag} ${value}`, help);
  return command
    .option('--use-azurerm-env-vars', 'read ARM_... (Terraform) instead of AZURE_... and AAD_...')
    .option('--disable-environment-override', 'flags win over AAD_LOGIN_METHOD and what comes with it');
}

/**
 * @param wholePath of the machine where the files are
 * @throws CliError CC_ERR_CLI_USAGE
 */
export function checkModeOptions(options: ModeOptions, wholePath: WholePath = resolve): ModeOptions {
  const texts = TEXT_FLAGS.flatMap(({ name, flag, mustBe, parse }) => {
    const text = options[name];
    if (text === undefined) return [];
    const value = parse(text, wholePath);
    if (value !== undefined) return [[name, value]];
    throw usageError(`${flag} is not ${mustBe}`, 'Correct it and run the command again');
  });
  return {
    ...Object.fromEntries(texts),
    ...(options.useAzurermEnvVars === true ? { useAzurermEnvVars: true } : {}),
    ...(options.disableEnvironmentOverride === true ? { disableEnvironmentOverride: true } : {}),
  };
}

/** The same as arguments, for a kubeconfig; kubelogin takes them too. */
export function modeArguments(options: ModeOptions): string[] {
  return [
    ...TEXT_FLAGS.flatMap(({ name, flag }) => {
      const value = options[name];
      return value === undefined ? [] : [flag, value];
    }),
    ...(options.useAzurermEnvVars === true ? ['--use-azurerm-env-vars'] : []),
    ...(options.disableEnvironmentOverride === true ? ['--disable-environment-override'] : []),
  ];
}

// From the root: kubectl may call its plugin anywhere.
function parseFile(text: string, wholePath: WholePath): string | undefined {
  return text === '' ? undefined : wholePath(text);
}
