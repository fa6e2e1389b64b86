// Whether a program exists, as Go's exec.LookPath finds it for kubectl: a path is taken as it is, a word is looked up.
import { delimiter, isAbsolute, join } from 'node:path';
import { isExecutable } from '../files/is-executable.ts';

/** The file that would run; undefined when there is none. */
export function findCommand(
  command: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (/[\\/]/.test(command)) return candidates(command).find(isExecutable);
  return (
    (environment['PATH'] ?? '')
      .split(delimiter)
      // Go refuses what it finds in the current directory.
      .filter((directory) => isAbsolute(directory))
      .flatMap((directory) => candidates(join(directory, command)))
      .find(isExecutable)
  );
}

function candidates(file: string): string[] {
  return process.platform === 'win32' ? [file, `${file}.exe`, `${file}.cmd`, `${file}.bat`] : [file];
}
