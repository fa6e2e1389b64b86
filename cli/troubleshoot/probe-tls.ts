// Hop "tls": whether the gateway's certificate holds against the kubeconfig's CA, its name and the clock.
import { errorCode } from '../../observe/index.ts';
import { authorityNames, certificateFacts } from './certificate-facts.ts';
import { ANY_PROTOCOL, HandshakeError, TimeoutError, connectSecurely } from './dial.ts';
import type { Way } from './dial.ts';
import { failed, ok } from './hops.ts';
import type { Failed, Outcome } from './hops.ts';
import { hostOf } from './route.ts';

const DAY_MS = 86_400_000;
const SOON_DAYS = 7;

export async function probeTls(way: Way): Promise<Outcome<Way>> {
  const wantedName = way.route.serverName ?? hostOf(way.route.server);
  const trust = way.route.ca === undefined ? 'the roots of this system' : "the kubeconfig's CA";
  try {
    const socket = await connectSecurely(way, ANY_PROTOCOL);
    const certificate = certificateFacts(socket.getPeerCertificate(true));
    const version = socket.getProtocol() ?? '';
    const protocol = socket.alpnProtocol === false ? 'none' : (socket.alpnProtocol ?? 'none');
    const facts = { version, protocol, wantedName, trust, ...certificate };
    socket.destroy();
    const daysLeft = (Date.parse(certificate.validTo) - Date.now()) / DAY_MS;
    return ok(way, {
      message: `${version}, ${wantedName} trusted by ${trust}, ${nameOf(protocol)}`,
      facts,
      notes: [
        ...(daysLeft < SOON_DAYS ? [`the certificate ends soon: ${certificate.validTo}`] : []),
        ...(protocol === 'h2'
          ? []
          : ['something on the way does not speak HTTP/2, which the gateway does: slower, and no fault']),
      ],
    });
  } catch (error) {
    return describe(error, wantedName, trust, authorityNames(way.route.ca));
  }
}

function nameOf(protocol: string): string {
  return protocol === 'h2' ? 'HTTP/2' : 'HTTP/1.1';
}

const UNTRUSTED: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
]);
const NOT_TLS = /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNEXPECTED_MESSAGE)$/;

function describe(error: unknown, name: string, trust: string, authorities: readonly string[]): Failed {
  if (error instanceof TimeoutError) {
    return failed('tls-timeout', {
      message: 'the other end does not answer the TLS handshake',
      advice:
        'What listens there may not be the gateway, or a firewall lets only the connection itself pass.',
    });
  }
  const isHandshake = error instanceof HandshakeError;
  const code = errorCode(isHandshake ? error.cause : error);
  const certificate = isHandshake ? error.certificate : undefined;
  const facts = {
    code,
    wantedName: name,
    trust,
    authorities,
    ...(certificate === undefined ? {} : certificateFacts(certificate)),
  };
  const { issuer, subject, validFrom, validTo, names } = certificateFacts(certificate);
  if (UNTRUSTED.has(code)) {
    return failed('certificate-untrusted', {
      message: `the certificate of ${name} (issued by ${issuer || 'nobody known'}) is not trusted by ${trust}${authorities.length === 0 ? '' : ` (${authorities.join(' / ')})`} (${code})`,
      facts,
      advice:
        "Get the gateway's CA from its operator and write the kubeconfig again: `cluster-connect get-credentials --ca FILE`. If the issuer is a company's proxy that looks into TLS, the gateway has to be excepted from that.",
    });
  }
  if (code === 'CERT_HAS_EXPIRED') {
    return failed('certificate-expired', {
      message: `the certificate ${subject} has expired: ${validTo} (${code})`,
      facts,
      advice: `Ask the operator of the gateway to renew it. Here it is ${new Date().toISOString()}: if that is wrong, set the clock of this machine.`,
    });
  }
  if (code === 'CERT_NOT_YET_VALID') {
    return failed('certificate-not-yet-valid', {
      message: `the certificate ${subject} is valid from ${validFrom} on (${code})`,
      facts,
      advice: `Here it is ${new Date().toISOString()}: set the clock of this machine.`,
    });
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return failed('certificate-name', {
      message: `the certificate is for ${names.join(', ') || subject}, not for ${name}`,
      facts,
      advice:
        'Check server and tls-server-name in the kubeconfig: write the entry again with `cluster-connect get-credentials`, with the --cluster-domain of the gateway. Else something other than the gateway answers there.',
    });
  }
  if (NOT_TLS.test(code)) {
    return failed('not-tls', {
      message: `what listens there does not speak TLS (${code})`,
      facts,
      advice: 'Check the port in the kubeconfig: it is not that of the gateway.',
    });
  }
  return failed('tls-broken', {
    message: `TLS with ${name} does not come about (${code})`,
    facts,
    advice:
      'Something between here and the gateway breaks it off: a firewall that looks at names, or a proxy. Try from another network, and tell its administrator the name.',
  });
}
