// Opens an address in the person's browser, by the platform's own opener and without a shell. It may fail in silence: the
// address is printed as well.
import { spawn } from 'node:child_process';
import { win32 } from 'node:path';
import { firstSetName } from './azure-variables.ts';
import type { Environment } from './azure-variables.ts';

export interface Opener {
  readonly command: string;
  readonly args: readonly string[];
}

export function browserOpener(
  url: string,
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
): Opener | undefined {
  if (platform === 'darwin') return { command: 'open', args: [url] };
  if (platform === 'win32') {
    // In full: else one in the directory that somebody happens to be in would be taken.
    const command = win32.join(environment['SystemRoot'] ?? 'C:\\Windows', 'System32', 'rundll32.exe');
    return { command, args: ['url.dll,FileProtocolHandler', url] };
  }
  // Without a display xdg-open starts a browser in the terminal, in the middle of kubectl's output.
  const display = firstSetName(environment, ['DISPLAY', 'WAYLAND_DISPLAY', 'WSL_DISTRO_NAME']);
  return display === undefined ? undefined : { command: 'xdg-open', args: [url] };
}

/** Whether something was started: what comes of it is not known. */
export function openBrowser(url: string, environment: Environment): boolean {
  const opener = browserOpener(url, environment);
  if (opener === undefined) return false;
  const child = spawn(opener.command, opener.args, {
    stdio: 'ignore',
    detached: true,
    windowsHide: true,
    env: { ...environment },
  });
  child.once('error', () => undefined);
  child.unref();
  return true;
}
