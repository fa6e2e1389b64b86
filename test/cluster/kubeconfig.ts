// Puts a kubeconfig into a folder of its own: whatever a client caches beside it belongs to this kubeconfig alone.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderKubeconfig } from '../../demo/control-plane/index.ts';
import type { KubeconfigCluster, KubeconfigUser } from '../../demo/control-plane/index.ts';

/** Readable for its owner only: it holds a secret. */
export function writeKubeconfigTo(folder: string, cluster: KubeconfigCluster, user: KubeconfigUser): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'kubeconfig');
  writeFileSync(file, renderKubeconfig(cluster, user), { mode: 0o600 });
  return file;
}
