// Waits on this machine for the browser of an interactive sign-in to come back (RFC 8252 §7.3). Anything may ask a port of
// this machine: only an answer with the state of this sign-in counts, and all else changes nothing.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
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
  readonly close: () => void;
}

const MAX_FORM_BYTES = 65_536;
const MAX_CONNECTIONS = 20;
const REQUEST_TIMEOUT_MS = 10_000;

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED when its port is taken */
export async function listenForBrowser(redirectUrl = 'http://localhost'): Promise<LoopbackListener> {
  const wanted = new URL(redirectUrl);
  let seen: ((parameters: URLSearchParams) => boolean) | undefined;
  const server = createServer((request, response) => {
    void receive(request, wanted.pathname).then((parameters) => {
      const isOurs = parameters !== undefined && seen?.(parameters) === true;
      say(response, isOurs ? 200 : 400, isOurs ? pageFor(parameters) : 'No sign-in waits for this.');
    });
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
    close: () => {
      server.close();
      // The page is on its way to the browser: its connection ends by itself, and does not keep this process.
      server.closeIdleConnections();
      server.unref();
    },
  };
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
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
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
