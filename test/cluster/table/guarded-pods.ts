// Pods that run although nobody runs them, and a budget that lets none of them go: no controller has to judge either.
import type { ApiserverClient } from '../../../demo/control-plane/index.ts';
import { writeStatus } from '../cluster-objects.ts';

type Labels = Readonly<Record<string, string>>;

/** Its status says that it runs and is ready. */
export async function createReadyPod(
  admin: ApiserverClient,
  namespace: string,
  { name, labels, spec = {} }: { name: string; labels: Labels; spec?: object },
): Promise<void> {
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  await admin.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: { containers: [{ name: 'web', image: 'registry.example/web:1' }], ...spec },
  });
  await writeStatus(admin, `${pods}/${name}`, {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True' }],
  });
}

/** The eviction of the one pod with these labels is always refused: the budget was judged, and allows none. */
export async function createSpentBudget(
  admin: ApiserverClient,
  namespace: string,
  { name, matchLabels }: { name: string; matchLabels: Labels },
): Promise<void> {
  const budgets = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`;
  await admin.create(budgets, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name },
    spec: { minAvailable: 1, selector: { matchLabels } },
  });
  await writeStatus(admin, `${budgets}/${name}`, {
    observedGeneration: 1,
    disruptionsAllowed: 0,
    currentHealthy: 1,
    desiredHealthy: 1,
    expectedPods: 1,
  });
}
