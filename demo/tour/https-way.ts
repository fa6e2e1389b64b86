// The tour by plain HTTPS, for a machine without kubectl: by the route whose path names the cluster, which needs
// nothing but a URL, a CA and a token. Each request is shown as the curl command that would send the same.
import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import type { Person } from '../cast.ts';
import { DemoError } from '../demo-error.ts';
import { approveSignIn, CLUSTER_NAME, runCommand } from '../world/index.ts';
import type { World } from '../world/index.ts';
import { digestBody, digestWatchLine } from './digest.ts';
import { startExec } from './plain-exec.ts';
import type { Call } from './step.ts';
import { shellCommand } from './text.ts';
import type { RunningCall, Way } from './way.ts';

export interface HttpsWayOptions {
  readonly world: Pick<World, 'directory' | 'entra' | 'cast' | 'credentials' | 'gateway' | 'gatewayCaFile'>;
  readonly caPem: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** What a request needs besides what it asks. */
interface Target {
  readonly url: URL;
  readonly caPem: string;
  readonly token: string;
}

export function createHttpsWay(options: HttpsWayOptions): Way {
  const { world, caPem } = options;
  const base = `${world.gateway.url}/clusters/${CLUSTER_NAME}`;
  const tokens = new Map<Person, string>();

  const start = (call: Call, onText: (text: string) => void): RunningCall => {
    const stop = new AbortController();
    const run = async (): Promise<number> => {
      const token = tokens.get(call.person) ?? (await signIn(call.person, options, onText));
      tokens.set(call.person, token);
      const target: Target = { url: new URL(`${base}${call.plain.path}`), caPem, token };
      return call.plain.kind === 'exec'
        ? startExec(target, onText, stop.signal)
        : send(call.plain, target, onText, stop.signal);
    };
    const ended = run().catch((error: unknown) => {
      if (!stop.signal.aborted) onText(`${error instanceof Error ? error.message : 'failed'}\n`);
      return -1;
    });
    return { ended, interrupt: () => stop.abort(), kill: () => stop.abort() };
  };

  return {
    name: 'https',
    preparation: [
      `export ${shellCommand([`DEMO=${world.directory}`])}`,
      `export ${shellCommand([`API=${base}`])}`,
    ],
    command: ({ person, plain }) => {
      if (plain.kind === 'exec') {
        return `# no curl for this one: a WebSocket (v5.channel.k8s.io) that runs ${shellCommand(plain.command)}`;
      }
      const method = plain.method === 'DELETE' ? ['-X', 'DELETE'] : [];
      // Shows each event as it comes.
      const unbuffered = plain.path.endsWith('?watch=true') ? ['-N'] : [];
      const body = plain.body === undefined ? [] : ['--json', JSON.stringify(plain.body)];
      const flags = shellCommand([...unbuffered, ...method, ...body]);
      return `curl -K $DEMO/${person}.curl ${flags === '' ? '' : `${flags} `}"$API${plain.path}"`;
    },
    start,
  };
}

/** By the real credential plugin. Leaves a file that curl reads, so that no command line holds the token. */
async function signIn(
  person: Person,
  { world, environment, signal }: HttpsWayOptions,
  onText: (text: string) => void,
): Promise<string> {
  const { command, args } = world.credentials.plugin(person);
  const approve = approveSignIn(world.entra, person);
  const text = await runCommand(command, args, {
    title: `the sign-in of ${person}`,
    environment: { ...environment, AZURE_CLIENT_SECRET: world.cast.pipeline.secret },
    signal,
    onStderr: (prompt) => {
      onText(prompt);
      approve(prompt);
    },
  });
  const token = /"token":\s*"([^"]+)"/.exec(text)?.[1];
  if (token === undefined)
    throw new DemoError('CC_ERR_DEMO_PART', `get-token printed no token for ${person}`);
  const settings = [
    'silent',
    'show-error',
    `cacert = "${world.gatewayCaFile}"`,
    `header = "Authorization: Bearer ${token}"`,
  ];
  await writeFile(join(world.directory, `${person}.curl`), `${settings.join('\n')}\n`, { mode: 0o600 });
  return token;
}

/** @returns the status */
function send(
  call: { readonly method: string; readonly body?: object },
  { url, caPem, token }: Target,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const isWatch = url.searchParams.get('watch') === 'true';
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: call.method,
      ca: caPem,
      agent: false,
      signal,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const status = incoming.statusCode ?? -1;
      onText(`HTTP ${status} ${incoming.statusMessage ?? ''}\n`);
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        text += chunk;
        if (!isWatch) return;
        const lines = text.split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) onText(`${digestWatchLine(line)}\n`);
      });
      incoming.on('error', reject);
      incoming.on('end', () => {
        if (!isWatch) onText(digestBody(text, status));
        resolve(status);
      });
    });
    outgoing.end(body);
  });
}
