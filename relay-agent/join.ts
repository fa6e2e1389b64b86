// Registers the agent's public key with a join token: once in the life of a key.
import type { KeyObject } from 'node:crypto';
import { Agent, ProxyAgent, request } from 'undici';
import { createJoinProof } from '../auth/index.ts';
import { AgentError } from './agent-error.ts';
import type { AgentConfig } from './config.ts';
import { parseRegistration, publicJwk } from './identity.ts';
import type { Registration } from './identity.ts';
import { AGENT_LIMITS } from './limits.ts';

const NEW_TOKEN = '. For a new one, at the gateway: cluster-connect cluster join-token NAME';

/** @throws AgentError: retryable when the gateway could not be reached or was busy, final when it refused the token */
export async function joinCluster(config: AgentConfig, privateKey: KeyObject): Promise<Registration> {
  const { joinToken } = config;
  if (joinToken === undefined) {
    throw new AgentError(
      'CC_ERR_AGENT_JOIN_TOKEN_MISSING',
      'this agent is not registered yet and has no join token; make one with `cluster-connect cluster add`',
    );
  }
  const proof = await createJoinProof({ privateKey, joinToken, audience: config.gatewayUrl });
  const tls = config.gatewayCa === undefined ? {} : { ca: config.gatewayCa };
  const dispatcher =
    config.proxyUrl === undefined
      ? new Agent({ connect: tls, allowH2: false })
      : new ProxyAgent({ uri: config.proxyUrl, requestTls: tls });
  try {
    const answer = await request(`${config.gatewayUrl}/api/v1/join`, {
      method: 'POST',
      dispatcher,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ joinToken, publicKey: publicJwk(privateKey), proof }),
      signal: AbortSignal.timeout(AGENT_LIMITS.JOIN_TIMEOUT_MS),
    });
    const text = await readBounded(answer.body);
    if (answer.statusCode !== 200) {
      throw new AgentError(
        'CC_ERR_AGENT_JOIN_REFUSED',
        `the gateway refused to register this agent: ${reason(text)}${answer.statusCode === 401 ? NEW_TOKEN : ''}`,
        {
          retryable: answer.statusCode === 429 || answer.statusCode >= 500,
        },
      );
    }
    return parseRegistration(JSON.parse(text));
  } catch (cause) {
    if (cause instanceof AgentError) throw cause;
    throw new AgentError(
      'CC_ERR_AGENT_JOIN_UNREACHABLE',
      `${config.gatewayUrl} could not be reached to register: check gatewayUrl, gatewayCaFile and the proxy`,
      {
        cause,
        retryable: true,
      },
    );
  } finally {
    await dispatcher.destroy();
  }
}

async function readBounded(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > AGENT_LIMITS.JOIN_MAX_ANSWER_BYTES) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

// The gateway answers with a Kubernetes Status; its message is written for people.
function reason(text: string): string {
  try {
    const status: unknown = JSON.parse(text);
    if (typeof status === 'object' && status !== null && 'message' in status) return String(status.message);
  } catch {
    // Not ours: a proxy's page. Its text would not help.
  }
  return 'no reason given';
}
