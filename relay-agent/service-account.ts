// The agent's own ServiceAccount token: read from its file again before it expires, as the kubelet renews it in place.
import { readFile } from 'node:fs/promises';
import type { Logger } from '../observe/index.ts';
import { AgentError } from './agent-error.ts';
import { AGENT_LIMITS } from './limits.ts';

export interface ServiceAccountToken {
  /** `Bearer …`, ready for a header. Synchronous: the data path never waits for the disk. */
  authorization(): string;
  close(): void;
}

// A bearer token of RFC 6750 §2.1; a file that holds anything else is not a token.
const B64_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/** @throws AgentError when the file cannot be read at the start; later failures keep the last token and are logged. */
export async function watchServiceAccountToken(file: string, logger: Logger): Promise<ServiceAccountToken> {
  let authorization = `Bearer ${await readToken(file)}`;
  const timer = setInterval(() => {
    readToken(file).then(
      (token) => {
        authorization = `Bearer ${token}`;
      },
      (error: unknown) => logger.error('agent.service_account.reread_failed', { file, error }),
    );
  }, AGENT_LIMITS.TOKEN_REREAD_MS);
  timer.unref();
  return { authorization: () => authorization, close: () => clearInterval(timer) };
}

async function readToken(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new AgentError(
      'CC_ERR_AGENT_SERVICE_ACCOUNT',
      `cannot read the ServiceAccount token file ${file}`,
      {
        cause,
      },
    );
  }
  const token = text.trim();
  if (token.length > AGENT_LIMITS.TOKEN_MAX_BYTES || !B64_TOKEN.test(token)) {
    throw new AgentError('CC_ERR_AGENT_SERVICE_ACCOUNT', `the file ${file} does not hold a bearer token`);
  }
  return token;
}
