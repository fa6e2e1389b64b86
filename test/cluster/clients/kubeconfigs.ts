// The two kubeconfigs of a user, for programs that are not kubectl: straight to the apiserver, and through the relay.
import { join } from 'node:path';
import { inject } from 'vitest';
import { adminUser } from '../../../demo/control-plane/index.ts';
import { certificateOf } from '../direct-user.ts';
import { writeKubeconfigTo } from '../kubeconfig.ts';
import type { Relay } from '../relay-fixture.ts';
import type { Transport } from '../transports.ts';

export interface KubeconfigPair {
  readonly direct: string;
  readonly relayed: string;
}

/** Both files are alone in their folders. `folder` is not to be used twice with one relay. */
export function writeKubeconfigs(
  relay: Relay,
  folder: string,
  user: string,
  route: Transport['route'] = 'name',
): KubeconfigPair {
  const controlPlane = inject('controlPlane');
  // Not by impersonation: not every program knows all of its fields.
  const asUser = adminUser({ ...controlPlane, admin: certificateOf(relay, user) });
  const direct = writeKubeconfigTo(join(relay.directory, `${folder}-direct`), controlPlane, asUser);
  const token = relay.entra.issueToken({ user });
  return { direct, relayed: relay.writeKubeconfig(`${folder}-relayed`, token, route) };
}
