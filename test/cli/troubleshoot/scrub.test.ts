// What docs/troubleshooting.md promises of the report: which secrets are cut out, known by what, and which words stay.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CliError } from '../../../cli/cli-error.ts';
import { proxyFor } from '../../../cli/config/proxy.ts';
import { createScrubber } from '../../../cli/troubleshoot/scrub.ts';

const CANARY = 'canary-7f2a';

describe('a variable is a secret by its name', () => {
  it.each([
    'AZURE_CLIENT_SECRET',
    'AZURE_CLIENT_CERTIFICATE_PASSWORD',
    'SYSTEM_ACCESSTOKEN',
    'IDENTITY_HEADER',
    'AZURE_DEVOPS_EXT_PAT',
    'PAT',
    'SSH_KEY_PASSPHRASE',
    'REGISTRY_CREDENTIALS',
    'STORAGE_CONNECTION_STRING',
    'SQLAZURECONNSTR_CONNECTIONSTRING',
    'NPM_CONFIG__AUTH',
  ])('%s', (name) => {
    expect(createScrubber({ [name]: CANARY }).text(`it said ${CANARY}.`)).toBe('it said [redacted].');
  });

  it.each(['PATH', 'XPAT', 'AUTHOR', 'SSH_AUTH_SOCK', 'AZURE_FEDERATED_TOKEN_FILE', 'HEADERS_SHOWN'])(
    'and %s is none',
    (name) => {
      expect(createScrubber({ [name]: CANARY }).text(CANARY)).toBe(CANARY);
    },
  );

  it('but short values are words that stand elsewhere: they stay, as the page says', () => {
    expect(createScrubber({ MY_SECRET: 'relay' }).text('the relay')).toBe('the relay');
    const page = readFileSync(join(import.meta.dirname, '../../../docs/troubleshooting.md'), 'utf8');
    expect(page).toContain('fewer than six characters');
  });
});

describe('the password of a proxy', () => {
  it.each(['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy', 'FTP_PROXY'])(
    'is cut out of whatever repeats the one of %s',
    (name) => {
      const scrubber = createScrubber({ [name]: `http://me:${CANARY}%40@proxy.example:3128` });
      expect(scrubber.text(`wrong: ${CANARY}@ and ${CANARY}%40`)).not.toContain(CANARY);
      expect(scrubber.text('proxy.example:3128')).toBe('proxy.example:3128');
    },
  );

  it('is looked for in no list of hosts', () => {
    expect(createScrubber({ NO_PROXY: 'a:canary@b', no_proxy: 'a:canary@b' }).text('canary')).toBe('canary');
  });
});

it('our own advice on a proxy is not taken for a password', () => {
  const adviceOf = (call: () => unknown): string => {
    try {
      call();
    } catch (error) {
      if (error instanceof CliError) return error.advice;
    }
    throw new Error('nothing was advised');
  };
  const advice = adviceOf(() => proxyFor('https://relay.example.com', { HTTPS_PROXY: 'ftp://proxy' }));
  expect(advice).toContain('http://host:port');
  expect(createScrubber({}).text(advice)).toBe(advice);
});

it('a flag that ends in token, or names a passphrase, has a secret; one that names a file has none', () => {
  const scrubber = createScrubber({});
  scrubber.hideArguments(['--token', 'first-canary', '--access-token=second-canary']);
  scrubber.hideArguments(['--key-passphrase', 'third-canary', '--federated-token-file', '/run/token-file']);
  const text = scrubber.text('first-canary second-canary third-canary /run/token-file');
  expect(text).toBe('[redacted] [redacted] [redacted] /run/token-file');
});
