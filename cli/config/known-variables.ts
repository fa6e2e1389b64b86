// Every environment variable of ours: one that belongs to another command must not stop this one, a misspelt one must.
import { agentSchema } from './agent-schema.ts';
import { gatewaySchema } from './gateway-schema.ts';
import { ENVIRONMENT_PREFIX, settingKeys } from './setting-keys.ts';

const NOT_SETTINGS = ['CLUSTER_CONNECT_CONFIG', 'CLUSTER_CONNECT_CACHE_DIR', 'CLUSTER_CONNECT_DEBUG'];
// Kubernetes sets such variables for each Service in a pod's namespace, and one may well be called cluster-connect.
const SERVICE_LINK = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;

const KNOWN: ReadonlySet<string> = new Set([
  ...NOT_SETTINGS,
  ...[...settingKeys(gatewaySchema), ...settingKeys(agentSchema)].map((setting) => setting.environment),
]);

/** Whether a variable begins like ours and is none. */
export function isMisspeltVariable(name: string): boolean {
  return name.startsWith(ENVIRONMENT_PREFIX) && !KNOWN.has(name) && !SERVICE_LINK.test(name);
}
