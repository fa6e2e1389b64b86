// Reads a file that a setting names, and checks that it holds what it should, before anything starts.
import { createPrivateKey } from 'node:crypto';
import { FILE_LIMITS, describeFault, readBoundedFile } from '../files/read-bounded.ts';
import { certificatesIn } from './pem.ts';
import type { FileContent } from './setting-keys.ts';

export type CheckedContent =
  { readonly text: string } | { readonly problem: string; readonly missing: boolean };

/** `problem` is the end of a sentence that begins with the setting's name. */
export function checkContent(path: string, holds: FileContent): CheckedContent {
  const file = readBoundedFile(path, holds === 'secret' ? FILE_LIMITS.secret : FILE_LIMITS.pem);
  if (!('text' in file)) {
    return { problem: `names ${path}, which ${describeFault(file)}`, missing: file.fault === 'missing' };
  }
  const text = READERS[holds](file.text);
  return text === undefined
    ? { problem: `names ${path}, which holds no usable ${NOUN[holds]}`, missing: false }
    : { text };
}

const NOUN: Readonly<Record<FileContent, string>> = {
  certificates: 'PEM certificate',
  'private key': 'PEM private key (one without a passphrase)',
  secret: 'text',
};

const READERS: Readonly<Record<FileContent, (text: string) => string | undefined>> = {
  certificates: certificatesIn,
  'private key': (text) => (isPrivateKey(text) ? text : undefined),
  secret: (text) => (text.trim() === '' ? undefined : text.trim()),
};

function isPrivateKey(text: string): boolean {
  try {
    return createPrivateKey(text).type === 'private';
  } catch {
    return false;
  }
}
