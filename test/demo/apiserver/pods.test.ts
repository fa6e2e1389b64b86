import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { request as httpsRequest } from 'node:https';
import { isObject, listAt, textAt } from '../../../demo/apiserver/json.ts';
import type { Json } from '../../../demo/apiserver/json.ts';
import { CORE, isRunning, names, pod, startTestServer } from './support.ts';
import type { TestServer } from './support.ts';

interface Run {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: Json;
}

describe('pods of the stand-in', () => {
  let standin: TestServer;
  beforeAll(async () => {
    standin = await startTestServer();
    standin.server.apply([pod('runs')]);
    await standin.until(`${CORE}/pods`, 'runs', isRunning);
  });
  afterAll(() => standin.close());

  /** Runs a command; `script` gets the socket and decides what to send. */
  function exec(
    command: readonly string[],
    query = '',
    script: (socket: WebSocket, run: { output: () => string }) => void = () => undefined,
  ): Promise<Run> {
    const { server } = standin;
    const words = command.map((word) => `command=${encodeURIComponent(word)}`).join('&');
    const url = `${server.url.replace('https', 'wss')}${CORE}/pods/runs/exec?${words}&stdout=true&stderr=true${query}`;
    const headers = { authorization: `Bearer ${server.adminToken}` };
    const socket = new WebSocket(url, ['v5.channel.k8s.io'], { ca: server.caPem, headers });
    const run = { stdout: '', stderr: '' };
    let status: Json = null;
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('open', () => script(socket, { output: () => run.stdout }));
      socket.on('message', (data) => {
        const bytes = Buffer.isBuffer(data) ? data : Buffer.alloc(0);
        const text = bytes.subarray(1).toString('utf8');
        if (bytes[0] === 1) run.stdout += text;
        if (bytes[0] === 2) run.stderr += text;
        if (bytes[0] !== 3) return;
        const value: unknown = JSON.parse(text);
        status = isObject(value) ? value : null;
      });
      socket.once('close', () => resolve({ ...run, status }));
    });
  }

  const exitCode = (status: Json): string => {
    if (textAt(status, 'status') === 'Success') return '0';
    return listAt(status, 'details', 'causes')
      .map((cause) => textAt(cause, 'message'))
      .join();
  };
  const stdin = (data: string | Buffer): Buffer => Buffer.concat([Buffer.of(0), Buffer.from(data)]);
  const CLOSE_STDIN = Buffer.of(255, 0);

  it.each([
    [['hostname'], 'runs\n', '', '0'],
    [['echo', '-n', 'a b'], 'a b', '', '0'],
    [['sh', '-c', 'echo $GREETING "$HOSTNAME" \'$HOME\''], 'hello runs $HOME\n', '', '0'],
    [['sh', '-c', 'echo out; echo err >&2; exit 7'], 'out\n', 'err\n', '7'],
    [['sh', '-c', 'false && echo no || echo yes; false; echo $?'], 'yes\n1\n', '', '0'],
    [['ls', '/etc'], 'hostname\nhosts\nos-release\n', '', '0'],
    [['cat', '/etc/hostname'], 'runs\n', '', '0'],
    [['cat', '/etc/shadow'], '', "cat: can't open '/etc/shadow': No such file or directory\n", '1'],
    [['printenv', 'GREETING'], 'hello\n', '', '0'],
    [
      ['nonesuch'],
      '',
      'sh: nonesuch: not found (the stand-in runs only a few pretend commands: try help)\n',
      '127',
    ],
    [['sh', '-c', 'ls | wc'], '', 'sh: the pretend shell does not know pipes\n', '2'],
    [['sh', '-c', 'echo $(id)'], '', 'sh: the pretend shell does not know command substitution\n', '2'],
  ])('runs %j', async (command, stdout, stderr, code) => {
    const run = await exec(command);
    expect([run.stdout, run.stderr, exitCode(run.status)]).toEqual([stdout, stderr, code]);
  });

  it('gives the status that kubectl takes its exit code from', async () => {
    const { status } = await exec(['sh', '-c', 'exit 3']);
    expect(status).toEqual({
      metadata: {},
      status: 'Failure',
      reason: 'NonZeroExitCode',
      message: 'command terminated with non-zero exit code: exit status 3',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
  });

  it('hands standard input over whole, and its end by the CLOSE of version 5', async () => {
    const run = await exec(['wc', '-c'], '&stdin=true', (socket) => {
      for (let round = 0; round < 40; round += 1) socket.send(stdin(Buffer.alloc(100_000)));
      socket.send(CLOSE_STDIN);
    });
    expect([run.stdout, exitCode(run.status)]).toEqual(['4000000\n', '0']);
  });

  it('sends much output whole and in order', async () => {
    const { stdout } = await exec(['seq', '200000']);
    expect(stdout).toBe(Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join(''));
  });

  it('plays a terminal: echo, prompt, backspace, size', async () => {
    const typed = ['stty sizX\u007fe\r', 'exit 5\r'];
    const run = await exec(['sh'], '&stdin=true&tty=true', (socket, { output }) => {
      socket.send(Buffer.concat([Buffer.of(4), Buffer.from('{"Width":132,"Height":43}')]));
      socket.on('message', () => {
        const next = output().endsWith('# ') ? typed.shift() : undefined;
        if (next !== undefined) socket.send(stdin(next));
      });
    });
    expect(run.stdout).toBe('/ # stty sizX\b \be\r\n43 132\r\n/ # exit 5\r\n');
    expect(exitCode(run.status)).toBe('5');
  });

  it('takes Ctrl-D on an empty line for the end, and keeps it elsewhere', async () => {
    const run = await exec(['cat'], '&stdin=true&tty=true', (socket) =>
      socket.send(stdin('ab\u0004c\r\u0004')),
    );
    expect(run.stdout).toBe('abc\r\nabc\r\n');
  });

  it('ends with the client', async () => {
    const run = await exec(['sleep', '3600'], '', (socket) => socket.terminate());
    expect(run.status).toBeNull();
  });

  function upgrade(
    headers: Record<string, string>,
    path = `${CORE}/pods/runs/exec?command=id&stdout=true`,
    method = 'GET',
  ) {
    const { port, caPem, adminToken } = standin.server;
    const all = { authorization: `Bearer ${adminToken}`, connection: 'Upgrade', ...headers };
    return new Promise<{ status: number; body: Json }>((resolve, reject) => {
      const request = httpsRequest(
        { port, host: '127.0.0.1', ca: caPem, method, path, headers: all },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => {
            text += chunk.toString();
          });
          response.on('end', () => {
            const value: unknown = JSON.parse(text);
            resolve({ status: response.statusCode ?? 0, body: isObject(value) ? value : null });
          });
        },
      );
      request.once('upgrade', (response, socket) => {
        socket.destroy();
        resolve({ status: response.statusCode ?? 0, body: null });
      });
      request.once('error', reject);
      request.end();
    });
  }
  const WEBSOCKET = {
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
    'sec-websocket-protocol': 'v5.channel.k8s.io',
  };

  it.each([
    ['SPDY, and names it', { upgrade: 'SPDY/3.1' }, undefined, 'POST', 400, 'does not speak SPDY'],
    [
      'another subprotocol',
      { ...WEBSOCKET, 'sec-websocket-protocol': 'channel.k8s.io' },
      undefined,
      'GET',
      400,
      'subprotocol',
    ],
    ['a pod that is not there', WEBSOCKET, `${CORE}/pods/none/exec?command=id`, 'GET', 404, 'not found'],
    ['no command', WEBSOCKET, `${CORE}/pods/runs/exec`, 'GET', 400, 'at least 1 command'],
    [
      'an unknown container',
      WEBSOCKET,
      `${CORE}/pods/runs/exec?command=id&container=x`,
      'GET',
      400,
      'not valid for pod',
    ],
    ['attach', WEBSOCKET, `${CORE}/pods/runs/attach`, 'GET', 404, 'does not offer pods/attach'],
    ['an upgrade of a list', WEBSOCKET, `${CORE}/pods`, 'GET', 400, 'cannot be upgraded'],
    ['no token', { ...WEBSOCKET, authorization: '' }, undefined, 'GET', 401, 'Unauthorized'],
    [
      'a user without the right',
      { ...WEBSOCKET, 'impersonate-user': 'x' },
      undefined,
      'GET',
      403,
      'cannot get resource "pods/exec"',
    ],
  ])('answers an upgrade whole when it refuses %s', async (_, headers, path, method, status, message) => {
    const answer = await upgrade(headers, path, method);
    expect(answer.status).toBe(status);
    expect(textAt(answer.body, 'message')).toContain(message);
  });

  it('upgrades what it accepts', async () => {
    expect(await upgrade(WEBSOCKET)).toEqual({ status: 101, body: null });
  });

  it('shows logs, as many lines as are asked for', async () => {
    const { text, headers } = await standin.call('GET', `${CORE}/pods/runs/log`);
    expect(headers['content-type']).toBe('text/plain');
    expect(text.split('\n')).toHaveLength(6);
    const tail = await standin.call('GET', `${CORE}/pods/runs/log?tailLines=1`);
    expect(tail.text).toBe('runs/main: simulated log line 5\n');
  });

  it('streams a followed log line by line, until the pod is gone', async () => {
    standin.server.apply([pod('talks')]);
    await standin.until(`${CORE}/pods`, 'talks', isRunning);
    const following = standin.call('GET', `${CORE}/pods/talks/log?follow=true&tailLines=0`);
    await standin.call('DELETE', `${CORE}/pods/talks`);
    const { status, text } = await following;
    expect(status).toBe(200);
    expect(text).toMatch(/^(?:talks\/main: simulated log line \d+\n)*$/);
  });

  it('runs a pod by itself: scheduled, started, told in events', async () => {
    standin.server.apply([pod('watched')]);
    const running = await standin.until(`${CORE}/pods`, 'watched', isRunning);
    expect(running).toMatchObject({
      spec: { nodeName: 'standin-node' },
      status: { containerStatuses: [{ ready: true }] },
    });
    const events = await standin.call('GET', `${CORE}/events?fieldSelector=involvedObject.name%3Dwatched`);
    const reasons = listAt(events.json, 'items').map((event) => textAt(event, 'reason'));
    expect(reasons.toSorted()).toEqual(['Pulled', 'Scheduled', 'Started']);
  });

  it('ends a deleted pod after it was shown as terminating, and at once with no grace', async () => {
    standin.server.apply([pod('ends'), pod('killed')]);
    await standin.until(`${CORE}/pods`, 'ends', isRunning);
    const gone = standin.until(`${CORE}/pods`, 'ends', (_, type) => type === 'DELETED');
    const marked = await standin.call('DELETE', `${CORE}/pods/ends`);
    expect(textAt(marked.json, 'metadata', 'deletionTimestamp')).not.toBe('');
    await gone;
    await standin.call('DELETE', `${CORE}/pods/killed`, { body: { gracePeriodSeconds: 0 } });
    expect(names((await standin.call('GET', `${CORE}/pods`)).json)).not.toContain('killed');
  });
});
