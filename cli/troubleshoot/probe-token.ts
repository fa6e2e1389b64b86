// Hop "token": gets the token that kubectl would send, and shows what it says of itself.
import { FILE_LIMITS, describeFault, readBoundedFile } from '../files/read-bounded.ts';
import { findCommand } from './find-command.ts';
import { failed, ok, skipped } from './hops.ts';
import type { Facts, Failed, Outcome } from './hops.ts';
import type { Greeted } from './probe-gateway.ts';
import type { Credential, ExecPlugin, Route } from './route.ts';
import { runPlugin } from './run-plugin.ts';
import type { PluginFault, PluginRun } from './run-plugin.ts';
import type { Scrubber } from './scrub.ts';
import { shown } from './scrub.ts';
import { describeToken, remainingText } from './token-claims.ts';

export interface SignedIn extends Greeted {
  readonly token: string;
  /** Claims, for the words of later hops. */
  readonly claims: Facts;
}

export interface TokenInput extends Omit<PluginRun, 'limits' | 'onWords'> {
  readonly scrubber: Scrubber;
  /** Standard error of this command. */
  say(line: string): void;
}

const WORDS_KEPT = 3;

/** A token, and until when its plugin says that kubectl may keep it. */
interface Got {
  readonly token: string;
  readonly expires?: string;
}

export async function probeToken(greeted: Greeted, input: TokenInput): Promise<Outcome<SignedIn>> {
  const { route } = greeted.way;
  const { credential } = route;
  if (credential.kind === 'not-given') {
    return skipped(undefined, 'nobody said how to sign in: give --tenant, --client-id and --server-id');
  }
  const got = await getToken(credential, greeted, input);
  if ('state' in got) return got;
  input.scrubber.hideToken(got.token);
  const nowMs = Date.now() + greeted.clockDifferenceMs;
  const { facts, expiresAt, summary } = describeToken(got.token, nowMs);
  const kept = got.expires === undefined || got.expires === '' ? {} : { pluginExpires: shown(got.expires) };
  const claims = { source: credential.kind, ...facts, ...kept };
  if (expiresAt !== undefined && expiresAt * 1000 + greeted.way.limits.MAX_CLOCK_DIFFERENCE_MS < nowMs) {
    return failed('token-expired', {
      message: `the token has ${remainingText(Math.floor(expiresAt - nowMs / 1000))}`,
      facts: claims,
      advice:
        credential.kind === 'exec'
          ? 'The plugin gave a token that is over: sign in anew (`cluster-connect get-token --refresh …`, or empty the token cache of the plugin).'
          : 'Put a new token into the kubeconfig, or let `cluster-connect get-credentials` write one that signs in by itself.',
    });
  }
  return ok({ ...greeted, token: got.token, claims }, { message: summary, facts: claims });
}

async function getToken(
  credential: Exclude<Credential, { kind: 'not-given' }>,
  { way }: Greeted,
  input: TokenInput,
): Promise<Got | Failed> {
  if (credential.kind === 'token') return checked(credential.token, 'the token in the kubeconfig');
  if (credential.kind === 'exec') return fromPlugin(credential.plugin, way.route, way.limits, input);
  if (credential.kind === 'none') {
    return failed('no-token', {
      message: `the user entry has ${credential.why}`,
      advice: 'Write the entry again with `cluster-connect get-credentials`: the gateway takes Entra tokens.',
    });
  }
  const found = readBoundedFile(credential.file, FILE_LIMITS.secret);
  if ('text' in found) return checked(found.text.trim(), credential.file);
  return failed('token-file', {
    message: `${credential.file} ${describeFault(found)}`,
    advice: 'Check tokenFile in the kubeconfig.',
  });
}

function checked(token: string, where: string): Got | Failed {
  if (/^[\x21-\x7e]+$/.test(token)) return { token };
  return failed('token-file', {
    message: token === '' ? `${where} is empty` : `${where} holds characters that no token has`,
    advice:
      'Put a token there, on one line, or write the entry again with `cluster-connect get-credentials`.',
  });
}

async function fromPlugin(
  plugin: ExecPlugin,
  route: Route,
  limits: PluginRun['limits'],
  input: TokenInput,
): Promise<Got | Failed> {
  const facts = { source: 'exec', command: plugin.command };
  if (findCommand(plugin.command, input.environment) === undefined) {
    return failed('plugin-missing', {
      message: `the exec plugin ${plugin.command} is not there`,
      facts,
      advice: `Install it, or put it on PATH.${plugin.installHint === '' ? '' : ` ${shown(plugin.installHint)}`}`,
    });
  }
  input.scrubber.hideArguments(plugin.args);
  for (const { name, value } of plugin.env) input.scrubber.hideVariable(name, value);
  const words: string[] = [];
  const { environment, isInteractive } = input;
  const result = await runPlugin(plugin, route, {
    environment,
    isInteractive,
    limits,
    onWords: (line) => {
      const clean = input.scrubber.text(line);
      input.say(clean);
      if (clean.trim() !== '') words.push(shown(clean));
    },
  });
  if ('token' in result) return result;
  const said = words.slice(-WORDS_KEPT);
  return failed(result.fault, {
    message: `the exec plugin ${plugin.command} gave no token: ${result.what}`,
    facts: { ...facts, ...(said.length === 0 ? {} : { said }) },
    advice: `${PLUGIN_ADVICE[result.fault]}${said.length === 0 ? '' : ` It said: ${said.join(' / ')}`}`,
  });
}

const PLUGIN_ADVICE: Readonly<Record<PluginFault, string>> = {
  'plugin-failed': 'Run it by hand, as the kubeconfig names it, and do what it says.',
  'plugin-timeout':
    'It waits for something: a sign-in in a browser, a code, or a network that does not answer. Run it by hand; give more time with --plugin-timeout.',
  'plugin-answer':
    'It is not the program that the kubeconfig needs, or of another version: write the entry again with `cluster-connect get-credentials`.',
  'plugin-terminal': 'Run this in a terminal, with its standard input.',
};
