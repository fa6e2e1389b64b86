// The real kubectl, where it is on PATH and new enough for the tour.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { runCommand } from './run-command.ts';

/** 1.31 made exec speak WebSocket by default, which is all that the stand-in API server speaks. */
const MIN_MINOR = 31;

export interface FoundKubectl {
  /** Undefined when there is none that can be used. */
  readonly file: string | undefined;
  /** e.g. `kubectl v1.34.1`, or why there is none. */
  readonly note: string;
}

export async function findKubectl(
  path: string,
  environment: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<FoundKubectl> {
  const file = findOnPath(path, process.platform === 'win32' ? 'kubectl.exe' : 'kubectl');
  if (file === undefined) return { file, note: 'kubectl is not on PATH' };
  try {
    const text = await runCommand(file, ['version', '--client', '-o', 'json'], {
      title: 'kubectl version',
      environment,
      ...(signal === undefined ? {} : { signal }),
    });
    const version = clientVersion(text);
    if (version === undefined) return { file: undefined, note: `${file} does not tell its version` };
    const name = `kubectl ${version.name}`;
    if (version.major === 1 && version.minor < MIN_MINOR) {
      return { file: undefined, note: `${name} is older than 1.${MIN_MINOR}, which the tour needs` };
    }
    return { file, note: name };
  } catch (error) {
    signal?.throwIfAborted();
    return {
      file: undefined,
      note: `${file} does not run (${error instanceof Error ? error.message : 'unknown'})`,
    };
  }
}

/** The client's version in what `kubectl version --client -o json` prints; undefined when there is none. */
export function clientVersion(text: string): { name: string; major: number; minor: number } | undefined {
  const [, name, major, minor] = /"gitVersion":\s*"(v(\d+)\.(\d+)[^"\s]{0,60})"/.exec(text) ?? [];
  return name === undefined ? undefined : { name, major: Number(major), minor: Number(minor) };
}

function findOnPath(path: string, name: string): string | undefined {
  return path
    .split(delimiter)
    .filter((directory) => isAbsolute(directory))
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
