// Looks whether a CA really signs what the gateway shows, before it is pasted where nobody will look again: in a
// kubeconfig it takes the place of the system's roots, so the wrong one fails in each later job.
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { errorCode } from '../../observe/index.ts';

const HANDSHAKE_TIMEOUT_MS = 5000;
// Of the system, of the resolver, of TLS before any certificate. What is left is about the certificate.
const NETWORK_CODE = /^(E[A-Z]+|EAI_\w+|ERR_SSL_\w+|unknown)$/;

export interface CertificateFinding {
  readonly outcome: 'signed' | 'not-signed' | 'unreachable';
  /** Node's word for what went wrong. */
  readonly code?: string;
}

export interface CertificateQuestion {
  /** An https address; only its host and port count. */
  readonly url: string;
  readonly caPem: string;
  /** The name that the certificate must be for; the address's own by default. */
  readonly serverName?: string | undefined;
}

/** One TLS handshake, straight and without a proxy. Never throws. */
export async function checkCertificate(question: CertificateQuestion): Promise<CertificateFinding> {
  const url = new URL(question.url);
  // An IPv6 address stands in brackets there.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const name = question.serverName ?? host;
  const socket = connect({
    host,
    port: Number(url.port === '' ? '443' : url.port),
    ca: question.caPem,
    timeout: HANDSHAKE_TIMEOUT_MS,
    ...(isIP(name) === 0 ? { servername: name } : {}),
  });
  try {
    return await new Promise<CertificateFinding>((resolve) => {
      socket.once('secureConnect', () => resolve({ outcome: 'signed' }));
      socket.once('timeout', () => resolve({ outcome: 'unreachable', code: 'ETIMEDOUT' }));
      socket.once('error', (error) => {
        const code = errorCode(error);
        resolve({ outcome: NETWORK_CODE.test(code) ? 'unreachable' : 'not-signed', code });
      });
    });
  } finally {
    socket.destroy();
  }
}
