// How kubectl will start this program: by its name where it is installed, else by the very files that run now.
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { isExecutable } from '../files/is-executable.ts';

export const PROGRAM_NAME = 'cluster-connect';

export interface ExecCommand {
  readonly command: string;
  /** What must come before the subcommand. */
  readonly args: readonly string[];
}

/** `option` is `--exec-command`; a command of one word or a path, taken as it is. */
export function execCommand(
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): ExecCommand {
  if (option !== undefined) return { command: option, args: [] };
  if (isOnPath(environment['PATH'] ?? '')) return { command: PROGRAM_NAME, args: [] };
  return { command: process.execPath, args: [resolve(process.argv[1] ?? '')] };
}

function isOnPath(path: string): boolean {
  const names =
    process.platform === 'win32' ? [`${PROGRAM_NAME}.cmd`, `${PROGRAM_NAME}.exe`] : [PROGRAM_NAME];
  const directories = path.split(delimiter).filter((directory) => isThereForKubectl(directory));
  return directories.some((directory) => names.some((name) => isExecutable(join(directory, name))));
}

// A relative entry means another place in each directory kubectl is called from; npx and `npm run` put their own
// directory on PATH for one command.
function isThereForKubectl(directory: string): boolean {
  return isAbsolute(directory) && !/[\\/]node_modules[\\/]\.bin[\\/]?$/.test(directory);
}
