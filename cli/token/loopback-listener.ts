// Waits on this machine for the browser of an interactive sign-in to come back (RFC 8252 §7.3). Anything may ask a port of
// this machine: only an answer with the state of this sign-in counts, and all else changes nothing.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import { errorCode } from '../../observe/index.ts';
import { CliError } from '../cli-error.ts';

export interface LoopbackListener {
  /** What the authority sends the browser to. */
  readonly redirectUri: string;
  /**
   * The answer with this state, as the authority sent it: `code`, or `error`.
   * @throws CliError CC_ERR_CLI_SIGN_IN_FAILED when none came in time
   */
  readonly answer: (state: string, waitMs: number) => Promise<URLSearchParams>;
  /** As soon as the page has gone to the browser; never throws. */
  readonly close: () => Promise<void>;
}

const MAX_FORM_BYTES = 65_536;
const MAX_CONNECTIONS = 20;
const REQUEST_TIMEOUT_MS = 10_000;
/** How long a page may take to leave before its connection is cut off. */
const LEAVE_MS = 1_000;

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED when its port is taken */
export async function listenForBrowser(redirectUrl = 'http://localhost'): Promise<LoopbackListener> {
  const wanted = new URL(redirectUrl);
  let seen: ((parameters: URLSearchParams) => boolean) | undefined;
  let leaving: Promise<unknown> = Promise.resolve();
  const answerTo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parameters = await receive(request, wanted.pathname);
    const isOurs = parameters !== undefined && seen?.(parameters) === true;
    // A browser that hangs up before it has its page has brought the code all the same.
    if (isOurs) leaving = finished(response).catch(() => undefined);
    say(response, isOurs ? 200 : 400, isOurs ? pageFor(parameters) : NOT_OURS);
  };
  const server = createServer((request, response) => {
    // Whatever somebody sends, the sign-in goes on waiting.
    answerTo(request, response).catch(() => refuse(response));
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  const port = await listen(server, wanted);
  const base = new URL(wanted);
  base.port = String(port);
  return {
    // Registered without the slash at the end of an empty path; Entra compares paths exactly.
    redirectUri: wanted.pathname === '/' ? base.origin : base.href,
    answer: async (state, waitMs) => {
      const { promise, resolve, reject } = Promise.withResolvers<URLSearchParams>();
      seen = (parameters) => {
        const states = parameters.getAll('state');
        if (states.length !== 1 || states[0] !== state) return false;
        if (!parameters.has('code') && !parameters.has('error')) return false;
        resolve(parameters);
        return true;
      };
      const timer = setTimeout(() => reject(tooLate()), waitMs);
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
      }
    },
    close: async () => {
      server.close();
      await withinTime(leaving, LEAVE_MS);
      // Also those that have sent nothing: a browser opens some in advance, and they would keep this process.
      server.closeAllConnections();
    },
  };
}

async function withinTime(work: Promise<unknown>, limitMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}

async function listen(server: Server, wanted: URL): Promise<number> {
  const host = wanted.hostname === '[::1]' ? '::1' : '127.0.0.1';
  const port = wanted.port === '' ? 0 : Number(wanted.port);
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new CliError(
          'CC_ERR_CLI_SIGN_IN_FAILED',
          `${wanted.origin} cannot be listened on (${errorCode(error)})`,
          'Give another --redirect-url that the application has, or end the program that has the port',
          { cause: error },
        ),
      );
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

// By form_post, as asked for: a code in an address would stay in the browser's history.
async function receive(request: IncomingMessage, path: string): Promise<URLSearchParams | undefined> {
  // Not by URL, which throws for what anybody may ask for, such as `//`.
  const [pathname] = (request.url ?? '').split('?', 1);
  const type = request.headers['content-type']?.split(';')[0]?.trim();
  if (request.method !== 'POST' || pathname !== path || type !== 'application/x-www-form-urlencoded') {
    request.resume();
    return undefined;
  }
  let text = '';
  try {
    for await (const chunk of request.setEncoding('latin1')) {
      text += String(chunk);
      if (text.length > MAX_FORM_BYTES) return undefined;
    }
  } catch {
    return undefined;
  }
  return new URLSearchParams(text);
}

function pageFor(parameters: URLSearchParams): string {
  return parameters.has('code')
    ? 'Signed in. You can close this page and go back to your terminal.'
    : 'The sign-in failed. Your terminal says why.';
}

const NOT_OURS = 'No sign-in waits for this.';

function refuse(response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else say(response, 400, NOT_OURS);
}

function say(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      connection: 'close',
    })
    .end(`${text}\n`);
}

function tooLate(): CliError {
  return new CliError(
    'CC_ERR_CLI_SIGN_IN_FAILED',
    'nobody came back from the browser in time',
    'Run the command again and finish the sign-in; without a browser on this machine use --login devicecode',
  );
}
