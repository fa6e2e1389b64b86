// A stand-in in the tests' own process, and what a client has to know to ask it.
import {
  answerBody,
  createPattern,
  Intake,
  listBody,
  startStandInServer,
  Witness,
} from '../../../bench/apiserver/index.ts';
import type { LoadSpec } from '../../../bench/load/index.ts';
import { createAuthority } from '../../../gateway/index.ts';

export const TEST_AUTHORITY = createAuthority('test CA');
const issued = TEST_AUTHORITY.issueServerCertificate({ dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] });
export const TEST_TLS = { cert: issued.certificatePem, key: issued.privateKeyPem };

export async function startTestStandIn() {
  const intake = new Intake();
  const witness = new Witness({ userName: 'alice', userToken: 'user-token', agentToken: 'agent-token' });
  const stock = { small: answerBody(), list: listBody(), pattern: createPattern() };
  // It lives as long as the tests' process.
  return { intake, witness, stock, port: await startStandInServer(TEST_TLS, stock, witness, intake) };
}

export function loadSpecOf(port: number, overrides: Partial<LoadSpec> = {}): LoadSpec {
  return {
    client: 'light',
    protocol: 'http1',
    connecting: 'kept',
    connections: 2,
    streams: 1,
    host: '127.0.0.1',
    port,
    serverName: '',
    ca: TEST_AUTHORITY.certificatePem,
    path: '/api/v1/namespaces/default/configmaps/bench',
    headers: ['accept', 'application/json'],
    expectedBody: answerBody(),
    ...overrides,
  };
}
