// The sign-in options, the same for get-credentials (which writes them down) and get-token (which uses them).
import { Option } from 'commander';
import type { Command } from 'commander';
import { usageError } from '../cli-error.ts';
import { parseGuid, parseHttpsOrigin, parseTenant } from '../config/parse-text.ts';
import { LOGIN_MODE_NAMES, loginMode } from '../token/login-modes.ts';
import { checkModeOptions } from './mode-options.ts';
import type { ModeOptions, WholePath } from './mode-options.ts';

export interface SignInOptions extends ModeOptions {
  /** Left out: get-token guesses it from its environment each time. */
  readonly login?: string;
  readonly tenant?: string;
  /** The same under kubelogin's name, for a line that was written for it. */
  readonly tenantId?: string;
  readonly clientId?: string;
  readonly serverId?: string;
  readonly scope?: string;
  readonly authorityHost?: string;
  readonly authorityCa?: string;
}

export function addSignInOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '-l, --login <mode>',
        `${LOGIN_MODE_NAMES.join(', ')} (default: guessed from the environment)`,
      ),
    )
    .option('-t, --tenant <id>', 'tenant id or domain; else AZURE_TENANT_ID')
    .addOption(new Option('--tenant-id <id>').hideHelp())
    .option('--client-id <id>', 'the application or identity that signs in; else AZURE_CLIENT_ID')
    .option('--server-id <id>', 'the API that the token is for: asks for its scope <id>/.default')
    .option('--scope <scope>', 'the scope itself, instead of --server-id')
    .option('--authority-host <url>', 'else AZURE_AUTHORITY_HOST, else https://login.microsoftonline.com')
    .option('--authority-ca <file>', 'PEM of an extra CA for the authority host');
}

/**
 * The options with every value checked and in one spelling; what is missing stays missing.
 * @param wholePath of the machine where the files are; this one's by default
 * @throws CliError CC_ERR_CLI_USAGE
 */
export function checkSignInOptions(options: SignInOptions, wholePath?: WholePath): SignInOptions {
  if (options.login !== undefined) loginMode(options.login);
  if (options.serverId !== undefined && options.scope !== undefined) {
    throw usageError('--server-id and --scope are both given', 'Keep one of them');
  }
  if (options.tenant !== undefined && options.tenantId !== undefined) {
    throw usageError('--tenant and --tenant-id are both given', 'They mean the same: keep one of them');
  }
  const tenant = checked(
    options.tenantId === undefined ? '--tenant' : '--tenant-id',
    options.tenantId ?? options.tenant,
    parseTenant,
    'a GUID or a domain such as contoso.com',
  );
  const clientId = checked('--client-id', options.clientId, parseGuid, 'a GUID');
  const serverId = checked(
    '--server-id',
    options.serverId,
    parseWord,
    'a GUID or an App ID URI such as api://...',
  );
  const scope = checked('--scope', options.scope, parseWord, 'one scope, such as api://my-api/.default');
  const host = checked(
    '--authority-host',
    options.authorityHost,
    parseHttpsOrigin,
    'an https address without a path',
  );
  return {
    ...(options.login === undefined ? {} : { login: options.login }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(serverId === undefined ? {} : { serverId }),
    ...(scope === undefined ? {} : { scope }),
    ...(host === undefined ? {} : { authorityHost: host }),
    ...(options.authorityCa === undefined ? {} : { authorityCa: options.authorityCa }),
    ...checkModeOptions(options, wholePath),
  };
}

function checked(
  flag: string,
  text: string | undefined,
  parse: (text: string) => string | undefined,
  mustBe: string,
): string | undefined {
  if (text === undefined) return undefined;
  const value = parse(text);
  if (value === undefined)
    throw usageError(`${flag} is not ${mustBe}`, 'Correct it and run the command again');
  return value;
}

function parseWord(text: string): string | undefined {
  return /^[\x21-\x7e]{1,500}$/.test(text) && !text.startsWith('-') ? text : undefined;
}
