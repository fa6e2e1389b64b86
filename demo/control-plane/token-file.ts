// Plays the kubelet for a process without one: a projected ServiceAccount token in a file, written anew before it expires.
import { rename, writeFile } from 'node:fs/promises';
import type { IssuedToken } from './issued-token.ts';
import { TOKEN_REWRITE_FRACTION } from './limits.ts';

export interface TokenFile {
  readonly file: string;
  /** Writes a new token now, before the old one expires. */
  rewrite(): Promise<void>;
  close(): void;
}

/** Writes the first token, and a new one when TOKEN_REWRITE_FRACTION of its life is over. */
export async function keepTokenFile(
  file: string,
  issue: () => Promise<IssuedToken>,
  onError: (error: unknown) => void,
): Promise<TokenFile> {
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const rewrite = async (): Promise<void> => {
    clearTimeout(timer);
    const { token, expiresAtMs } = await issue();
    // A reader sees the old token or the new one, never a part.
    await writeFile(`${file}.new`, token, { mode: 0o600 });
    await rename(`${file}.new`, file);
    if (closed) return;
    const lifetimeMs = expiresAtMs - Date.now();
    timer = setTimeout(() => void rewrite().catch(onError), lifetimeMs * TOKEN_REWRITE_FRACTION);
    timer.unref();
  };

  await rewrite();
  return {
    file,
    rewrite,
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
