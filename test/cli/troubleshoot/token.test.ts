// Hop "token": plugins and tokens that are broken, and that nothing secret is shown in whichever case.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRelayWorld } from '../../support/relay-world.ts';
import type { RelayWorld } from '../../support/relay-world.ts';
import {
  credential,
  pluginUser,
  reportOf,
  statesOf,
  troubleshoot,
  writeKubeconfig,
} from './troubleshoot-world.ts';

let world: RelayWorld;
let token: string;
beforeAll(async () => {
  world = await startRelayWorld();
  token = await world.token('alice');
});
afterAll(() => world.close());

/** Long enough for a plugin to say something first, on a machine that has other work. */
const SOON = ['--plugin-timeout', '2s'];

interface Broken {
  readonly what: string;
  readonly script: string;
  readonly entry?: Readonly<Record<string, unknown>>;
  readonly problem: string;
  readonly message: RegExp;
  readonly advice: RegExp;
}

const BROKEN: readonly Broken[] = [
  {
    what: 'is not there',
    script: '',
    entry: { command: 'no-such-plugin-anywhere', installHint: 'Get it at the front desk.' },
    problem: 'plugin-missing',
    message: /^the exec plugin no-such-plugin-anywhere is not there$/,
    advice: /put it on PATH\. Get it at the front desk\.$/,
  },
  {
    what: 'hangs, with a child that holds its output',
    script: 'echo "open the page" >&2; sleep 4',
    problem: 'plugin-timeout',
    message: /gave no token: it did not end within \d+ s$/,
    advice: /--plugin-timeout.* It said: open the page$/,
  },
  {
    what: 'prints rubbish',
    script: 'echo "Hello, world"',
    problem: 'plugin-answer',
    message: /what it printed is not JSON$/,
    advice: /not the program that the kubeconfig needs/,
  },
  {
    what: 'prints without end',
    script: 'yes 0123456789012345678901234567890123456789',
    problem: 'plugin-answer',
    message: /it prints without end$/,
    advice: /not the program/,
  },
  {
    what: 'fails with words',
    script: 'echo "AADSTS50076: use a second factor" >&2; exit 3',
    problem: 'plugin-failed',
    message: /it ended with exit code 3$/,
    advice: /It said: AADSTS50076: use a second factor$/,
  },
  {
    what: 'answers in another version',
    script: `echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"a"}}'`,
    problem: 'plugin-answer',
    message: /in another version than client\.authentication\.k8s\.io\/v1$/,
    advice: /write the entry again/,
  },
  {
    what: 'gives a certificate',
    script: `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"clientCertificateData":"a"}}'`,
    problem: 'plugin-answer',
    message: /a client certificate, which the gateway does not take/,
    advice: /write the entry again/,
  },
  {
    what: 'gives a token that breaks a header',
    script: `printf '%s' '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"a b"}}'`,
    problem: 'plugin-answer',
    message: /characters that no token has$/,
    advice: /write the entry again/,
  },
  {
    what: 'wants a terminal',
    script: 'exit 1',
    entry: { interactiveMode: 'Always' },
    problem: 'plugin-terminal',
    message: /it wants a terminal/,
    advice: /in a terminal/,
  },
];

describe('a plugin that', () => {
  it.each(BROKEN)('$what is named, and what to do', async ({ script, entry, problem, message, advice }) => {
    const kubeconfig = writeKubeconfig(world, { user: pluginUser(world, script, entry) });
    const report = await reportOf(kubeconfig, problem === 'plugin-timeout' ? SOON : []);
    expect(report.diagnosis).toMatchObject({ hop: 'token', problem });
    expect(report.diagnosis.message).toMatch(message);
    expect(report.diagnosis.advice).toMatch(advice);
    expect(statesOf(report)).toMatchObject({ gateway: 'ok', access: 'skipped', exec: 'skipped' });
  });

  it('works is run as kubectl runs it', async () => {
    const seen = join(mkdtempSync(join(world.directory, 'seen-')), 'info');
    const script = `printf '%s\\n%s' "$KUBERNETES_EXEC_INFO" "$FROM_ENTRY" > ${seen}; printf '%s' '${credential(token)}'`;
    const user = pluginUser(world, script, {
      env: [{ name: 'FROM_ENTRY', value: 'from the entry' }],
      provideClusterInfo: true,
    });
    const extensions = [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'x' } }];
    const report = await reportOf(writeKubeconfig(world, { user, cluster: { extensions } }));
    expect(statesOf(report)).toMatchObject({ token: 'ok', access: 'ok' });
    const [info = '', value] = readFileSync(seen, 'utf8').split('\n');
    expect(value).toBe('from the entry');
    expect(JSON.parse(info)).toEqual({
      kind: 'ExecCredential',
      apiVersion: 'client.authentication.k8s.io/v1',
      spec: {
        interactive: false,
        cluster: {
          server: `https://127.0.0.1:${world.port}`,
          'tls-server-name': 'edge-1.cluster-connect.internal',
          'certificate-authority-data': Buffer.from(world.caPem).toString('base64'),
          config: { audience: 'x' },
        },
      },
    });
  });
});

describe('a token that', () => {
  it('has expired long ago is not even sent', async () => {
    const expired = await world.token('alice', -3600);
    const byPlugin = pluginUser(world, `printf '%s' '${credential(expired)}'`);
    for (const [user, advice] of [
      [byPlugin, '--refresh'],
      [{ token: expired }, 'Put a new token into the kubeconfig'],
    ] as const) {
      const { diagnosis } = await reportOf(writeKubeconfig(world, { user }));
      expect(diagnosis).toMatchObject({ hop: 'token', problem: 'token-expired' });
      expect(diagnosis.message).toBe('the token has expired 60 min ago');
      expect(diagnosis.advice).toContain(advice);
    }
  });

  it('is in a file is read from there, before anything else in the entry', async () => {
    const file = join(mkdtempSync(join(world.directory, 'token-')), 'token');
    const kubeconfig = writeKubeconfig(world, { user: { tokenFile: file, token: 'not-this-one' } });
    expect((await reportOf(kubeconfig)).diagnosis).toMatchObject({ hop: 'token', problem: 'token-file' });
    writeFileSync(file, `${token}\n`);
    expect(statesOf(await reportOf(kubeconfig))).toMatchObject({ token: 'ok', access: 'ok' });
  });

  it.each([
    [{}, 'no credential at all'],
    [{ 'client-certificate-data': 'YQ==' }, 'a client certificate'],
    [{ username: 'a', password: 'b' }, 'a password'],
  ])('is missing is named: %o', async (user, message) => {
    const { diagnosis } = await reportOf(writeKubeconfig(world, { user }));
    expect(diagnosis).toMatchObject({
      hop: 'token',
      problem: 'no-token',
      message: expect.stringContaining(message),
    });
  });
});

describe('no secret is shown', () => {
  const SECRET = 'client-secret-canary-0815';
  const VARIABLES = { AZURE_CLIENT_SECRET: SECRET };

  function canaries(): string[] {
    const [, payload = '', signature = ''] = token.split('.');
    return [token, payload, signature, SECRET, 'argument-canary', 'entry-canary'];
  }

  // A plugin that tells everything it knows, on standard error, and then does what it does.
  const telling = (end: string): string =>
    `for one in "${token}" "$AZURE_CLIENT_SECRET" "$ENTRY_SECRET" "$@"; do printf 'I know %s, ' "$one" >&2; done
     printf '\\n%s\\n' "${token.split('.')[2] ?? ''}" >&2
     ${end}`;
  const ENDS: readonly (readonly [string, () => string])[] = [
    ['gives it', () => `printf '%s' '${credential(token)}'`],
    ['fails', () => 'exit 1'],
    ['prints it bare', () => `echo '${token}'`],
    ['hangs', () => 'exec sleep 600'],
  ];

  it.each(ENDS)('by a plugin that repeats what it was given, and %s', async (name, end) => {
    const kubeconfig = writeKubeconfig(world, {
      user: pluginUser(world, telling(end()), {
        args: ['get-token', '--client-secret', 'argument-canary', '--certificate-password=argument-canary'],
        env: [{ name: 'ENTRY_SECRET', value: 'entry-canary' }],
      }),
    });
    for (const output of ['text', 'json']) {
      const args = ['--kubeconfig', kubeconfig, '-o', output, ...(name === 'hangs' ? SOON : [])];
      const { stdout, stderr } = await troubleshoot(args, VARIABLES);
      expect(stderr).toContain('I know [redacted]');
      for (const canary of canaries()) {
        expect(stdout).not.toContain(canary);
        expect(stderr).not.toContain(canary);
      }
    }
  });

  it('of a token in a kubeconfig, whether it is accepted, refused or the file is broken', async () => {
    const good = writeKubeconfig(world, { user: { token } });
    const refused = writeKubeconfig(world, { user: { token: `${token.slice(0, -2)}AA` } });
    const broken = join(mkdtempSync(join(world.directory, 'broken-')), 'config');
    writeFileSync(broken, `users:\n- name: a\n  user: {token: "${token}\n`);
    for (const kubeconfig of [good, refused, broken]) {
      for (const output of ['text', 'json']) {
        const { stdout, stderr } = await troubleshoot(['--kubeconfig', kubeconfig, '-o', output], VARIABLES);
        for (const canary of canaries()) {
          expect(stdout).not.toContain(canary);
          expect(stderr).not.toContain(canary);
        }
      }
    }
  });

  it('and no escape sequence of a plugin reaches the terminal', async () => {
    const user = pluginUser(world, `printf '\\033[31mred\\n' >&2; exit 1`);
    const { stdout, stderr } = await troubleshoot(['--kubeconfig', writeKubeconfig(world, { user })]);
    expect(stderr).toBe('?[31mred\n');
    expect(stdout).not.toContain('\u001b');
  });
});
