// Takes secrets and control characters out of whatever is about to be shown: a report goes into tickets and chats.
import { redactText } from '../../observe/index.ts';
import { MAX_SHOWN_LENGTH } from './limits.ts';

export interface Scrubber {
  /** From now on this text is shown nowhere. */
  hide(secret: string): void;
  /** A token, and each part of it: the signature alone would be enough to mend a leaked head and payload. */
  hideToken(token: string): void;
  /** The value of a variable, if its name says that it is secret. */
  hideVariable(name: string, value: string): void;
  /** The values of flags whose names say that they are secret: kubelogin takes `--client-secret`. */
  hideArguments(args: readonly string[]): void;
  /** The password in the address of a proxy. */
  hideAddress(address: string): void;
  text(text: string): string;
}

const HIDDEN = '[redacted]';
/** Shorter ones are words that stand elsewhere too. */
const MIN_SECRET_LENGTH = 6;
/** What no person writes: a part of a token, a key. The signature of a token has 342 characters. */
const LONG_OPAQUE = /[\w-]{120,}/g;
const SECRET_VARIABLE =
  /SECRET|PASSWORD|PASSPHRASE|TOKEN|ASSERTION|CREDENTIAL|API_?KEY|PRIVATE_?KEY|CONNECTION_?STRING|(?:HEADER|_AUTH|(?:^|_)PAT)$/i;
const SECRET_FLAG = /secret|password|passphrase|assertion|token$/i;
/** HTTPS_PROXY, all_proxy and whatever a plugin has of its own; NO_PROXY holds no address with a password. */
const PROXY_VARIABLE = /(?<!^no)_proxy$/i;
const NAMES_A_FILE = /_(?:FILE|PATH|DIR|URL|URI|ENDPOINT)$/i;

/** @param environment whose secrets are hidden from the start: a plugin may repeat them */
export function createScrubber(environment: Readonly<Record<string, string | undefined>>): Scrubber {
  const secrets = new Set<string>();
  const hide = (secret: string): void => {
    const bare = secret.trim();
    if (bare.length < MIN_SECRET_LENGTH) return;
    secrets.add(bare);
    secrets.add(encodeURIComponent(bare));
  };
  const hideVariable = (name: string, value: string): void => {
    if (SECRET_VARIABLE.test(name) && !NAMES_A_FILE.test(name)) hide(value);
  };
  const hideAddress = (address: string): void => {
    const [, password] = /^(?:[\w+.-]+:\/\/)?[^/@]*?:([^/]*)@/.exec(address) ?? [];
    if (password === undefined) return;
    hide(password);
    hide(percentDecoded(password) ?? '');
  };
  for (const [name, value = ''] of Object.entries(environment)) {
    hideVariable(name, value);
    if (PROXY_VARIABLE.test(name)) hideAddress(value);
  }
  const text = (shown: string): string => {
    let clean = shown;
    for (const secret of secrets) clean = clean.replaceAll(secret, HIDDEN);
    return redactText(clean)
      .replace(LONG_OPAQUE, HIDDEN)
      .replace(/[^\P{C}\n\t]/gu, '?');
  };
  return {
    hide,
    hideVariable,
    hideArguments: (args) => {
      for (const [at, arg] of args.entries()) {
        const [, name, value] = /^--?([\w-]+)(?:=(.*))?$/s.exec(arg) ?? [];
        if (name !== undefined && SECRET_FLAG.test(name)) hide(value ?? args[at + 1] ?? '');
      }
    },
    hideToken: (token) => {
      hide(token);
      for (const part of token.split('.', 8)) hide(part);
    },
    hideAddress,
    text,
  };
}

/** Undefined for a text that is not percent-encoded as it should be. */
export function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Somebody else's text on one line, and not too long. */
export function shown(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > MAX_SHOWN_LENGTH ? `${line.slice(0, MAX_SHOWN_LENGTH)}…` : line;
}
