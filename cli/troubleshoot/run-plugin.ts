// Runs a kubeconfig's exec plugin as kubectl does (k8s.io/client-go exec): the same environment, the same input, the
// same checks of its answer. What it says on standard error is passed on, since a person may have to act on it.
import { spawn } from 'node:child_process';
import { errorCode } from '../../observe/index.ts';
import { isEntry, textOf } from './entry.ts';
import type { TroubleshootLimits } from './limits.ts';
import type { ExecPlugin, Route } from './route.ts';
import { readJson } from './status.ts';

export interface PluginRun {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether this command's standard input is a terminal. */
  readonly isInteractive: boolean;
  readonly limits: TroubleshootLimits;
  /** A line of its standard error. */
  onWords(line: string): void;
}

export type PluginFault = 'plugin-failed' | 'plugin-timeout' | 'plugin-answer' | 'plugin-terminal';
export type PluginResult =
  | { readonly token: string; readonly expires: string }
  | { readonly fault: PluginFault; readonly what: string };

export async function runPlugin(plugin: ExecPlugin, route: Route, run: PluginRun): Promise<PluginResult> {
  const interactive = plugin.interactiveMode !== 'Never' && run.isInteractive;
  if (plugin.interactiveMode === 'Always' && !run.isInteractive) {
    return {
      fault: 'plugin-terminal',
      what: 'it wants a terminal (interactiveMode Always), and there is none',
    };
  }
  const result = await execute(plugin, execInfo(plugin, route, interactive), interactive, run);
  return 'stdout' in result ? readCredential(result.stdout, plugin.apiVersion) : result;
}

function execInfo(plugin: ExecPlugin, route: Route, interactive: boolean): string {
  const ca = route.ca === undefined ? undefined : Buffer.from(route.ca, 'utf8').toString('base64');
  const cluster = {
    server: route.server.href.replace(/\/$/, ''),
    ...(route.serverName === undefined ? {} : { 'tls-server-name': route.serverName }),
    ...(route.insecure ? { 'insecure-skip-tls-verify': true } : {}),
    ...(ca === undefined ? {} : { 'certificate-authority-data': ca }),
    ...(route.proxyUrl === undefined ? {} : { 'proxy-url': route.proxyUrl }),
    ...(plugin.clusterConfig === undefined ? {} : { config: plugin.clusterConfig }),
  };
  return JSON.stringify({
    kind: 'ExecCredential',
    apiVersion: plugin.apiVersion,
    spec: { interactive, ...(plugin.provideClusterInfo ? { cluster } : {}) },
  });
}

function execute(
  plugin: ExecPlugin,
  info: string,
  interactive: boolean,
  { environment, limits, ...run }: PluginRun,
): Promise<{ stdout: string } | { fault: PluginFault; what: string }> {
  const own = Object.fromEntries(plugin.env.map(({ name, value }) => [name, value]));
  const child = spawn(plugin.command, plugin.args, {
    env: { ...environment, ...own, KUBERNETES_EXEC_INFO: info },
    stdio: [interactive ? 'inherit' : 'ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve) => {
    const end = (result: { stdout: string } | { fault: PluginFault; what: string }): void => {
      clearTimeout(timer);
      words.end();
      // A child of the plugin may hold its pipes: they are not waited for.
      child.stdout.destroy();
      child.stderr.destroy();
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      resolve(result);
    };
    const seconds = Math.round(limits.PLUGIN_TIMEOUT_MS / 1000);
    const timer = setTimeout(
      () => end({ fault: 'plugin-timeout', what: `it did not end within ${seconds} s` }),
      limits.PLUGIN_TIMEOUT_MS,
    );
    const chunks: Buffer[] = [];
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes > limits.MAX_PLUGIN_OUTPUT_BYTES)
        end({ fault: 'plugin-answer', what: 'it prints without end' });
      else chunks.push(chunk);
    });
    const words = lineReader(limits.MAX_PLUGIN_WORDS_BYTES, (line) => run.onWords(line));
    child.stderr.setEncoding('utf8').on('data', (text: string) => words.add(text));
    child.once('error', (error) =>
      end({ fault: 'plugin-failed', what: `it cannot be run (${errorCode(error)})` }),
    );
    child.once('close', (code, signal) => {
      if (code === 0) end({ stdout: Buffer.concat(chunks).toString('utf8') });
      else
        end({
          fault: 'plugin-failed',
          what: `it ended with ${code === null ? String(signal) : `exit code ${code}`}`,
        });
    });
  });
}

/** Whole lines, so that a secret is never cut in two before it can be recognised. */
function lineReader(
  maxBytes: number,
  onLine: (line: string) => void,
): { add(text: string): void; end(): void } {
  let rest = '';
  let taken = 0;
  return {
    add: (text) => {
      taken += text.length;
      if (taken > maxBytes) return;
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(onLine);
    },
    end: () => {
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}

function readCredential(stdout: string, apiVersion: string): PluginResult {
  const answer = readJson(stdout);
  const bad = (what: string): PluginResult => ({ fault: 'plugin-answer', what });
  if (answer === undefined) return bad('what it printed is not JSON');
  if (answer['kind'] !== 'ExecCredential') return bad('what it printed is not an ExecCredential');
  if (answer['apiVersion'] !== apiVersion) return bad(`it answered in another version than ${apiVersion}`);
  const { status } = answer;
  if (!isEntry(status)) return bad('its ExecCredential has no status');
  const token = textOf(status, 'token');
  if (token === '') {
    const hasCertificate = textOf(status, 'clientCertificateData') !== '';
    return bad(
      hasCertificate
        ? 'it gave a client certificate, which the gateway does not take, and no token'
        : 'its ExecCredential has no token',
    );
  }
  // A header holds printable characters; what else there is would break the request, with the token in the error.
  if (!/^[\x21-\x7e]+$/.test(token)) return bad('its token has characters that no token has');
  return { token, expires: textOf(status, 'expirationTimestamp') };
}
