// Relative paths of a kubeconfig lead on from its own directory, as with clientcmd.
import { dirname, isAbsolute, join, resolve } from 'node:path';

export function resolvePath(path: string, file: string): string {
  return isAbsolute(path) ? path : join(dirname(resolve(file)), path);
}
