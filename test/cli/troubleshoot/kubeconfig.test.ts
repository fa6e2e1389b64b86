// Hop "kubeconfig": found and merged as clientcmd does it, and what is wrong with one.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { probeKubeconfig } from '../../../cli/troubleshoot/probe-kubeconfig.ts';
import type { KubeconfigInput } from '../../../cli/troubleshoot/probe-kubeconfig.ts';
import { testAuthority } from '../../support/test-authority.ts';
import { temporaryDirectory } from '../run-command.ts';

const PLUGIN = {
  apiVersion: 'client.authentication.k8s.io/v1',
  command: 'kubelogin',
  interactiveMode: 'Never',
};

function config(name: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [{ name, cluster: { server: `https://${name}.example` } }],
    users: [{ name, user: { token: `token-of-${name}` } }],
    ...more,
  };
}

function write(directory: string, file: string, value: unknown, mode = 0o600): string {
  const path = join(directory, file);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  chmodSync(path, mode);
  return path;
}

function probe(input: Partial<KubeconfigInput>) {
  return probeKubeconfig({ environment: {}, ...input });
}

describe('the kubeconfig that is used', () => {
  it('is that of --kubeconfig alone, else the files of KUBECONFIG, else ~/.kube/config', () => {
    const home = temporaryDirectory();
    mkdirSync(join(home, '.kube'));
    write(home, '.kube/config', config('of-home'));
    const [one, two] = [write(home, 'one', config('one')), write(home, 'two', config('two'))];
    const environment = { HOME: home, KUBECONFIG: `:${one}:${join(home, 'missing')}:${two}:${one}` };
    expect(probe({ environment: { HOME: home } })).toMatchObject({ state: 'ok', value: { name: 'of-home' } });
    expect(probe({ environment })).toMatchObject({ value: { name: 'one' }, facts: { files: [one, two] } });
    expect(probe({ environment, context: 'two' })).toMatchObject({ value: { name: 'two' } });
    expect(probe({ environment, kubeconfig: two })).toMatchObject({
      value: { name: 'two' },
      facts: { files: [two] },
    });
  });

  it('takes each entry from the first file that has it, whole', () => {
    const directory = temporaryDirectory();
    const first = write(directory, 'first', {
      ...config('edge', { 'current-context': '' }),
      users: [{ name: 'edge', user: { username: 'only this' } }],
    });
    const second = write(directory, 'second', config('edge'));
    expect(probe({ environment: { KUBECONFIG: `${first}:${second}` } })).toMatchObject({
      state: 'ok',
      value: { name: 'edge', credential: { kind: 'none' } },
    });
  });

  it('has its relative paths from its own directory', () => {
    const directory = temporaryDirectory();
    write(directory, 'ca.pem', testAuthority().certificatePem);
    const exec = { ...PLUGIN, command: './bin/plugin' };
    const file = write(directory, 'config', {
      ...config('edge'),
      clusters: [
        { name: 'edge', cluster: { server: 'https://a.example', 'certificate-authority': 'ca.pem' } },
      ],
      users: [{ name: 'edge', user: { exec } }],
    });
    expect(probe({ kubeconfig: file })).toMatchObject({
      state: 'ok',
      value: {
        ca: expect.stringContaining('BEGIN CERTIFICATE'),
        credential: { plugin: { command: join(directory, 'bin/plugin') } },
      },
      facts: { commandFound: false },
    });
  });

  it('has notes about what is not as it should be', () => {
    const directory = temporaryDirectory();
    const file = write(
      directory,
      'config',
      {
        ...config('edge'),
        clusters: [
          { name: 'edge', cluster: { server: 'https://a.example', 'insecure-skip-tls-verify': true } },
        ],
        users: [
          {
            name: 'edge',
            user: { token: 't', as: 'bob', 'as-groups': ['g'], 'as-user-extra': { k: ['v'] } },
          },
        ],
      },
      0o644,
    );
    const outcome = probe({ kubeconfig: file });
    expect(outcome.notes?.join('\n')).toMatch(
      /chmod 600 [\s\S]*insecure-skip-tls-verify[\s\S]*acts as somebody else/,
    );
    expect(outcome).toMatchObject({
      value: {
        namespace: 'default',
        actAs: ['impersonate-user', 'bob', 'impersonate-group', 'g', 'impersonate-extra-k', 'v'],
      },
    });
  });
});

describe('a kubeconfig is refused', () => {
  const CASES: readonly (readonly [string, unknown, string, RegExp])[] = [
    ['that is not YAML', 'a: [', 'file-invalid', /is not valid YAML/],
    ['that is something else', 'kind: Secret', 'file-invalid', /another kind/],
    ['that is a list', '- a', 'file-invalid', /is not a kubeconfig/],
    [
      'with two entries of one name',
      { users: [{ name: 'a' }, { name: 'a' }] },
      'file-invalid',
      /two entries/,
    ],
    ['with an entry without a name', { users: [{ user: {} }] }, 'file-invalid', /without a name/],
    ['with a list that is none', { users: 'a' }, 'file-invalid', /is no list/],
    [
      'without a current context',
      config('a', { 'current-context': '' }),
      'no-context',
      /has no current context/,
    ],
    [
      'with another current context',
      config('a', { 'current-context': 'b' }),
      'context-unknown',
      /no context b/,
    ],
    ['without the cluster', config('a', { clusters: [] }), 'entry-missing', /names the cluster a/],
    ['without the user', config('a', { users: null }), 'entry-missing', /names the user a/],
    [
      'with a server of plain HTTP',
      config('a', { clusters: [{ name: 'a', cluster: { server: 'http://a.example' } }] }),
      'server-unusable',
      /not an https address/,
    ],
    [
      'with a CA that is none',
      config('a', {
        clusters: [
          { name: 'a', cluster: { server: 'https://a.example', 'certificate-authority-data': 'YQ==' } },
        ],
      }),
      'ca-unusable',
      /no usable PEM certificate/,
    ],
    [
      'with a CA file that is not there',
      config('a', {
        clusters: [
          { name: 'a', cluster: { server: 'https://a.example', 'certificate-authority': 'gone.pem' } },
        ],
      }),
      'ca-unusable',
      /gone\.pem does not exist/,
    ],
    ...[{ apiVersion: 'v7' }, { interactiveMode: undefined }, { command: '' }, { env: [{ value: 'x' }] }].map(
      (change): [string, unknown, string, RegExp] => [
        `with a plugin that kubectl refuses: ${JSON.stringify(change)} ${Object.keys(change).join()}`,
        config('a', { users: [{ name: 'a', user: { exec: { ...PLUGIN, ...change } } }] }),
        'user-invalid',
        /cannot be used: exec/,
      ],
    ),
  ];

  it.each(CASES)('%s', (_name, value, problem, message) => {
    const file = write(temporaryDirectory(), 'config', value);
    const outcome = probe({ kubeconfig: file });
    expect(outcome).toMatchObject({ state: 'failed', problem, message: expect.stringMatching(message) });
  });

  it('that is not there, or is a directory', () => {
    const directory = temporaryDirectory();
    expect(probe({ environment: { HOME: directory } })).toMatchObject({ problem: 'file-missing' });
    expect(probe({ kubeconfig: directory })).toMatchObject({ problem: 'file-unreadable' });
  });
});
