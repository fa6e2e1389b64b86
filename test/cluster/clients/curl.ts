// Runs the curl of the PATH with its credentials in a file, and takes apart what it got: every head, and the body's bytes.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKubectl } from '../kubectl.ts';
import type { RunningKubectl } from '../kubectl.ts';
import { findOnPath } from '../../../demo/go-tools/index.ts';

export interface CurlAnswer {
  readonly exitCode: number;
  /** Of curl, not of the server. */
  readonly stderr: string;
  /** Of all heads in turn, interim ones (RFC 9110 §15.2) included. */
  readonly statuses: readonly number[];
  readonly status: number;
  /** As the final status line has it: `1.1` or `2`. */
  readonly httpVersion: string;
  /** Of the final head: names in lower case, one entry for each line. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

export interface Curl {
  /** `target` is a path with its query; the answer is whole. With `--head` its body is empty. */
  send(target: string, args?: readonly string[], input?: string): Promise<CurlAnswer>;
  /** The body is printed as it comes. */
  start(target: string, args?: readonly string[]): RunningKubectl;
}

export interface CurlOptions {
  /** e.g. `https://127.0.0.1:34567` */
  readonly server: string;
  readonly caPem: string;
  /** Sent as server name and Host in place of the server's address. */
  readonly serverName?: string;
  readonly clientCertificate?: { readonly certificatePem: string; readonly privateKeyPem: string };
  readonly headers: readonly string[];
}

/** `directory` becomes its home. @throws RangeError when there is no curl, or one without HTTP/2. */
export async function findCurl(directory: string): Promise<string> {
  const file = await findOnPath('curl', process.env);
  if (file === undefined) throw new RangeError('these tests need curl (with HTTP/2) on the PATH: install it');
  const { stdout } = await createKubectl(file, join(directory, 'none')).run(['--version']);
  if (!/^Features:.*\bHTTP2\b/m.test(stdout)) throw new RangeError(`${file} was built without HTTP/2`);
  return file;
}

/** `directory` is this curl's own; it holds secrets, readable by their owner only. */
export function createCurl(file: string, directory: string, options: CurlOptions): Curl {
  mkdirSync(directory, { recursive: true });
  const write = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const { serverName, clientCertificate } = options;
  const { host } = new URL(options.server);
  const origin = serverName === undefined ? options.server : `https://${serverName}`;
  const lines = [
    'silent',
    'show-error',
    `cacert = "${write('ca.pem', options.caPem)}"`,
    ...options.headers.map((header) => `header = "${header}"`),
  ];
  if (serverName !== undefined) lines.push(`connect-to = "${serverName}:443:${host}"`);
  if (clientCertificate !== undefined) {
    lines.push(`cert = "${write('client.pem', clientCertificate.certificatePem)}"`);
    lines.push(`key = "${write('client.key', clientCertificate.privateKeyPem)}"`);
  }
  const config = write('config', `${lines.join('\n')}\n`);
  const program = createKubectl(file, config);
  // -q: no settings of whoever runs the tests.
  const argsOf = (target: string, args: readonly string[]): readonly string[] => [
    '-q',
    '--config',
    config,
    ...args,
    `${origin}${target}`,
  ];
  let sent = 0;

  return {
    start: (target, args = []) => program.start(argsOf(target, args)),
    send: async (target, args = [], input) => {
      sent += 1;
      const heads = join(directory, `${sent}.heads`);
      const body = join(directory, `${sent}.body`);
      // Curl makes neither file when there is no answer.
      writeFileSync(heads, '');
      writeFileSync(body, '');
      const outputs = ['--dump-header', heads, '--output', body];
      const options = input === undefined ? {} : { input };
      const { exitCode, stderr } = await program.run(argsOf(target, [...outputs, ...args]), options);
      const answer = { exitCode, stderr, ...parseHeads(readFileSync(heads, 'latin1')) };
      const whole = { ...answer, body: args.includes('--head') ? Buffer.alloc(0) : readFileSync(body) };
      rmSync(heads);
      rmSync(body);
      return whole;
    },
  };
}

type Heads = Pick<CurlAnswer, 'statuses' | 'status' | 'httpVersion' | 'headers'>;

function parseHeads(text: string): Heads {
  const heads = text.split('\r\n\r\n').filter((head) => head !== '');
  const statuses = heads.map((head) => Number(head.split(' ')[1]));
  const [statusLine = '', ...fields] = (heads.at(-1) ?? '').split('\r\n');
  return {
    statuses,
    status: statuses.at(-1) ?? 0,
    httpVersion: /^HTTP\/(\S+)/.exec(statusLine)?.[1] ?? '',
    headers: fields.map((field) => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  };
}
