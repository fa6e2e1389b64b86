// Asks clusters through the gateway, as a user would: whether a tunnel that says it is up carries a request.
import { request } from 'node:https';

export interface AskedClusters {
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly ca: string;
  readonly clusterDomain: string;
  readonly token: string;
  readonly clusterNames: readonly string[];
}

const TIMEOUT_MS = 10_000;

/** @returns how many answered with what only they answer */
export async function askClusters(asked: AskedClusters): Promise<number> {
  let right = 0;
  for (const name of asked.clusterNames) {
    const answered = await ask(asked, name).catch((error: unknown) => String(error));
    if (answered === `200 ${name}`) right += 1;
  }
  return right;
}

/** @returns status and body */
function ask({ host, port, ca, clusterDomain, token }: AskedClusters, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const serverName = `${name}.${clusterDomain}`;
    const sent = request(
      {
        host,
        port,
        ca,
        servername: serverName,
        path: '/version',
        agent: false,
        headers: { authorization: `Bearer ${token}` },
        timeout: TIMEOUT_MS,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => resolve(`${answer.statusCode} ${Buffer.concat(chunks).toString('utf8')}`));
        answer.on('error', reject);
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', reject);
    sent.end();
  });
}
