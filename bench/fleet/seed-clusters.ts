// Registers many clusters, each with an agent's key of its own, as join would leave them in the gateway's database: one
// transaction instead of three synced ones for each cluster, which would take longer than all that is measured.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { readPublicKey } from '../../auth/index.ts';
import { openStore, STORE_FILE } from '../../gateway/index.ts';

export const memberSchema = z.object({
  clusterId: z.string(),
  clusterName: z.string(),
  /** PKCS#8, PEM. */
  privateKey: z.string(),
});
/** A cluster, from its agent's side. */
export type FleetMember = Readonly<z.infer<typeof memberSchema>>;

/** @param dataDir the gateway's, which does not run yet */
export async function seedClusters(dataDir: string, count: number): Promise<readonly FleetMember[]> {
  const file = join(dataDir, STORE_FILE);
  await openStore(file).close();
  const database = new DatabaseSync(file);
  try {
    const insertCluster = database.prepare('INSERT INTO clusters (id, name, created_at_ms) VALUES (?, ?, ?)');
    const insertKey = database.prepare(
      'INSERT INTO agent_keys (thumbprint, cluster_id, public_jwk, registered_at_ms) VALUES (?, ?, ?, ?)',
    );
    const members: FleetMember[] = [];
    database.exec('BEGIN IMMEDIATE');
    for (let index = 0; index < count; index += 1) {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const { jwk, thumbprint } = await readPublicKey(publicKey.export({ format: 'jwk' }));
      const clusterId = randomUUID();
      const clusterName = `fleet-${index}`;
      insertCluster.run(clusterId, clusterName, Date.now());
      insertKey.run(thumbprint, clusterId, JSON.stringify(jwk), Date.now());
      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      members.push({ clusterId, clusterName, privateKey: pem });
    }
    database.exec('COMMIT');
    return members;
  } finally {
    database.close();
  }
}
