// One plain line for a person, and never a stack trace unless it was asked for. Secrets are cut out either way.
import { ClusterConnectError, ConfigError, errorCode, redactText } from '../observe/index.ts';
import { CliError } from './cli-error.ts';

/** The text for standard error, with a final line break. `debug` adds the stack and the causes. */
export function describeError(error: unknown, options: { readonly debug: boolean }): string {
  const text = options.debug ? `${summary(error)}${stacks(error)}` : summary(error);
  return `cluster-connect: ${printable(redactText(text))}\n`;
}

/** What an operator can do about what the system says. */
const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another process listens there: end it, or change listen or privateListen.',
  EACCES: 'Give this user the right to do that, or change the setting that names it.',
  EADDRNOTAVAIL: 'This machine has no such address: change listen or privateListen.',
  ENOTDIR: 'Change the setting that names this path.',
  EROFS: 'Change the setting that names this path.',
};

function summary(error: unknown): string {
  if (error instanceof ConfigError) return configProblems(error.problems);
  if (error instanceof CliError) return `${sentence(error.message)} ${sentence(error.advice)}`;
  if (error instanceof ClusterConnectError) return `${sentence(error.message)} (${error.code})`;
  const message = error instanceof Error ? error.message : String(error);
  const code = errorCode(error);
  const advice = ADVICE[code];
  if (advice !== undefined) return `${sentence(message)} ${advice}`;
  const shown = code === 'unknown' || message.includes(code) ? '' : ` (${code})`;
  return `${sentence(message)}${shown} Run it again with --debug to see where this comes from.`;
}

function configProblems(problems: readonly string[]): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const lines = problems.map((problem) => `\n  - ${problem}`).join('');
  return `the settings have ${count}. Mend each and start again:${lines}`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function stacks(error: unknown): string {
  const lines: string[] = [];
  let current = error;
  // Bounded: a cause can be made to point at itself.
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    lines.push(`\n${depth === 0 ? '' : 'caused by: '}${current.stack ?? current.message}`);
    current = current.cause;
  }
  return lines.join('');
}

// A message can carry bytes of a file or of a server's answer: no escape sequence of theirs reaches the terminal.
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '?');
}
