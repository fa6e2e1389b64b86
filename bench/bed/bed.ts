// What every scenario stands on: the load and the apiserver stand-in, each in a process of its own, and the identities,
// keys and files that the routes between them share. All of it is taken down again whatever happens.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { startOrphanGuard } from '../../demo/control-plane/index.ts';
import { createAuthority } from '../../gateway/index.ts';
import { startBenchIdentity } from '../bench-user.ts';
import { startChild } from '../processes/index.ts';
import type { Child } from '../processes/index.ts';
import type { World } from '../routes/index.ts';

export interface Bed extends AsyncDisposable {
  readonly world: World;
  readonly load: Child;
  readonly apiserver: Child;
}

const HOST = '127.0.0.1';

/** Entries of bench/processes: scenarios that hold connections have a load and a stand-in of their own. */
export interface BedParts {
  readonly load: string;
  readonly apiserver: string;
}

/** Routes that stand on it are to be disposed before it. */
export async function startBed(parts: BedParts = { load: 'load', apiserver: 'apiserver' }): Promise<Bed> {
  await using resources = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), 'cluster-connect-bench-'));
  // For a bench that is killed.
  const guard = startOrphanGuard(directory);
  resources.defer(() => {
    guard.release();
    rmSync(directory, { recursive: true, force: true });
  });
  const identity = await startBenchIdentity();
  resources.defer(() => identity.entra.close());
  const tls = issueTls(directory);
  const agentToken = `bench.${randomBytes(600).toString('base64url')}.agent`;
  const agentTokenFile = join(directory, 'agent-token');
  writeFileSync(agentTokenFile, agentToken, { mode: 0o600 });

  const load = startChild('load', parts.load);
  resources.defer(() => load.stop());
  const apiserver = startChild('apiserver', parts.apiserver);
  resources.defer(() => apiserver.stop());
  const ports = await apiserver.call(
    'start',
    {
      cert: tls.cert,
      key: tls.key,
      witness: { userName: identity.objectId, userToken: identity.token, agentToken },
    },
    z.object({ http1Port: z.int(), http2Port: z.int() }),
  );
  const kept = resources.move();
  return {
    world: { directory, tls, apiserver: ports, identity, agentToken, agentTokenFile },
    load,
    apiserver,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function issueTls(directory: string): World['tls'] {
  const authority = createAuthority('bench CA');
  const issued = authority.issueServerCertificate({ dnsNames: ['localhost'], ipAddresses: [HOST] });
  const write = (name: string, text: string): string => {
    const file = join(directory, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const { certificatePem: cert, privateKeyPem: key } = issued;
  const ca = authority.certificatePem;
  return {
    cert,
    key,
    ca,
    certFile: write('server.pem', cert),
    keyFile: write('server-key.pem', key),
    caFile: write('ca.pem', ca),
  };
}
