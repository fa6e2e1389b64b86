// Finds the kubeconfig that kubectl would change and changes it: locked like kubectl does, atomically, for its owner only.
import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { CliError } from '../cli-error.ts';
import { withLock } from '../files/lock-file.ts';
import { FILE_LIMITS, describeFault, readBoundedFile } from '../files/read-bounded.ts';
import { writeFileAtomic } from '../files/write-atomic.ts';

const OTHERS = 0o077;
const LOCK_WAIT_MS = 5000;

/** `--kubeconfig`, else the first file of the KUBECONFIG list, else ~/.kube/config: the order of kubectl. */
export function kubeconfigPath(
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const listed = (environment['KUBECONFIG'] ?? '').split(delimiter).find((path) => path !== '');
  return resolve(option ?? listed ?? join(homedir(), '.kube', 'config'));
}

/**
 * Replaces the file by what `change` makes of its text (empty where there is no file). A new file has mode 0600.
 * @returns a warning when others may read the file
 * @throws CliError; the file is then as it was
 */
export async function updateKubeconfig(
  path: string,
  change: (text: string) => string,
): Promise<string | undefined> {
  // A link (dotfiles in a repository) stays a link: what it leads to is replaced.
  const target = followLink(path);
  return withLock(target, { waitMs: LOCK_WAIT_MS }, () => {
    const file = readBoundedFile(target, FILE_LIMITS.kubeconfig);
    if (!('text' in file) && file.fault !== 'missing') {
      throw new CliError(
        'CC_ERR_CLI_FILE_UNREADABLE',
        `${path} ${describeFault(file)}`,
        'Choose another file with --kubeconfig',
      );
    }
    const existing = 'text' in file ? file : undefined;
    writeFileAtomic(target, change(existing?.text ?? ''), existing?.mode ?? 0o600);
    const isWide = existing !== undefined && (existing.mode & OTHERS) !== 0 && process.platform !== 'win32';
    return isWide ? `${path} can be read by others. Run: chmod 600 ${path}` : undefined;
  });
}

function followLink(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
