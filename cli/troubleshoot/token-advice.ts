// What to do about a token that the gateway or the agent refuses, by its code: with what the token says, so that nobody has to decode it.
import type { Facts } from './hops.ts';

/** What a refusal is put into words with. */
export interface Circumstances {
  readonly claims: Facts;
  readonly clockDifferenceMs: number;
}

type Advice = (said: Said) => string;

interface Said {
  readonly audience: string;
  readonly tenant: string;
  readonly issuer: string;
  /** Scopes and roles. */
  readonly granted: string;
  /** `u` of a proof of possession. */
  readonly popCluster: string;
  readonly clockDifferenceSeconds: number;
  /** `namespace:name`; empty for any other token. */
  readonly serviceAccount: string;
  /** Whose settings it met. */
  readonly judge: Judge;
}

export type Judge = 'gateway' | 'cluster';

const CLOCKS: Advice = ({ clockDifferenceSeconds }) =>
  `This machine's clock and the gateway's differ by ${clockDifferenceSeconds} s: set it if that is much. Else sign in anew (\`cluster-connect get-token --refresh …\`).`;
const SIGN_IN_ANEW: Advice = () =>
  'Sign in anew (`cluster-connect get-token --refresh …`). If it stays so, the token is not from the Entra tenant that the gateway asks.';
const NOT_A_TOKEN: Advice = ({ serviceAccount, judge }) =>
  serviceAccount !== ''
    ? `This is the token of the ServiceAccount ${serviceAccount}, and no setting of the ${judge} lets its issuer in: ask its operator for a rule under \`serviceAccounts\`.`
    : 'What is sent is no access token of Entra: check the credential in the kubeconfig, or write it again with `cluster-connect get-credentials`.';

const ADVICE: ReadonlyMap<string, Advice> = new Map<string, Advice>([
  [
    'CC_ERR_AUTH_AUDIENCE',
    ({ audience }) =>
      `The token is for the API ${audience}, which is not the gateway's. Give the API id of the gateway with --server-id (or --scope): ask its operator for it, and write the kubeconfig again with \`cluster-connect get-credentials\`.`,
  ],
  [
    'CC_ERR_AUTH_TENANT',
    ({ tenant }) =>
      `The token is of the tenant ${tenant}, which the gateway does not accept. Sign in with --tenant of the gateway; whoever is a guest signs in at that tenant, not at their own.`,
  ],
  [
    'CC_ERR_AUTH_ISSUER',
    ({ issuer }) =>
      `The token's issuer is ${issuer}, which is not that of its tenant: check --authority-host, and with the operator of the gateway entra.authorityHost (sovereign clouds have another).`,
  ],
  ['CC_ERR_AUTH_EXPIRED', CLOCKS],
  ['CC_ERR_AUTH_NOT_YET_VALID', CLOCKS],
  ['CC_ERR_AUTH_UNKNOWN_KEY', SIGN_IN_ANEW],
  ['CC_ERR_AUTH_SIGNATURE', SIGN_IN_ANEW],
  ['CC_ERR_AUTH_HEADER', NOT_A_TOKEN],
  ['CC_ERR_AUTH_MALFORMED', NOT_A_TOKEN],
  ['CC_ERR_AUTH_ALGORITHM', NOT_A_TOKEN],
  ['CC_ERR_AUTH_CLAIMS', NOT_A_TOKEN],
  [
    'CC_ERR_AUTH_MISSING',
    () => 'Something on the way took the Authorization header away: a proxy that looks into TLS.',
  ],
  [
    'CC_ERR_AUTH_TOKEN_KIND',
    () =>
      "Ask for an access token of the API's scope (`--server-id ID`, which asks for ID/.default). This is an ID token, or bearer where the cluster wants a proof of possession (`get-credentials … --pop --cluster-id ID`), or the other way round.",
  ],
  [
    'CC_ERR_AUTH_TOO_LARGE',
    () =>
      'The token is larger than the gateway takes: let Entra emit only the groups that are assigned to the application, and fewer optional claims.',
  ],
  [
    'CC_ERR_AUTH_POP_CLUSTER',
    ({ popCluster }) =>
      `The proof of possession is for ${popCluster}: --pop-claims has to name this cluster's id (u=…), which \`cluster-connect cluster list\` shows at the gateway.`,
  ],
  [
    'CC_ERR_AUTH_POP',
    () =>
      'The proof was not made with the key to which the token is bound: empty the token cache of the plugin (for kubelogin the key lies there too), and sign in anew.',
  ],
  [
    'CC_ERR_AUTH_REPLAYED',
    () =>
      'The same proof of possession came from another address, or with another token: do not share it, and sign in anew. Where people leave by several addresses, the operator sets `popHolder`.',
  ],
  [
    'CC_ERR_AUTH_PERMISSION',
    ({ granted, judge }) =>
      `The token holds ${granted}, and none of what the ${judge} requires: ask the operator of the ${judge} for the scope (entra.requiredScopes) or the app role (entra.requiredRoles), and for its assignment to you.`,
  ],
  [
    'CC_ERR_AUTH_DENIED',
    ({ judge }) =>
      `The operator of the ${judge} has shut out this user, this application or this token (denyListFile): ask them why.`,
  ],
  [
    'CC_ERR_AUTH_GROUPS_OVERAGE',
    () =>
      'You are in more groups than a token holds. The operator lets Entra emit only the groups that are assigned to the application, or lets the gateway ask Microsoft Graph.',
  ],
  [
    'CC_ERR_AUTH_IDENTITY',
    ({ judge }) =>
      `Your name cannot be a Kubernetes user: tell the operator of the ${judge} (usernameClaim \`oid\` works for everybody).`,
  ],
]);

export function tokenAdvice(
  errorCode: string,
  { claims, clockDifferenceMs }: Circumstances,
  judge: Judge = 'gateway',
): string {
  const said = {
    audience: [claims['audience'] ?? ''].flat().join(', ') || '(none)',
    tenant: String(claims['tenant'] ?? '') || '(none)',
    issuer: String(claims['issuer'] ?? '') || '(none)',
    granted: [claims['scopes'] ?? [], claims['roles'] ?? []].flat().join(', ') || 'neither scope nor role',
    popCluster: String(claims['popCluster'] ?? '') || 'no cluster',
    clockDifferenceSeconds: Math.round(clockDifferenceMs / 1000),
    serviceAccount: String(claims['serviceAccount'] ?? ''),
    judge,
  };
  const advice = ADVICE.get(errorCode);
  return advice === undefined ? `See ${errorCode} in docs/errors.md.` : advice(said);
}
