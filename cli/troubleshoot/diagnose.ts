// The whole diagnosis on one screen: every hop in its order, and what each hands on to the next.
import { createJourney } from './journey.ts';
import type { HopReport } from './journey.ts';
import { TROUBLESHOOT_LIMITS } from './limits.ts';
import type { TroubleshootLimits } from './limits.ts';
import { probeAccess, probeAgent, probeApiserver, probeTunnel } from './probe-cluster.ts';
import { probeDns } from './probe-dns.ts';
import { probeExec } from './probe-exec.ts';
import { probeGateway } from './probe-gateway.ts';
import { probeProxy } from './probe-proxy.ts';
import { probeRbac } from './probe-rbac.ts';
import { probeTcp } from './probe-tcp.ts';
import { probeTls } from './probe-tls.ts';
import { probeToken } from './probe-token.ts';
import type { TokenInput } from './probe-token.ts';
import type { Outcome } from './hops.ts';
import type { Route } from './route.ts';

export interface DiagnoseInput extends TokenInput {
  /** Hop "kubeconfig": the route, from wherever it is. */
  readonly findRoute: () => Outcome<Route>;
  readonly limits?: Partial<TroubleshootLimits>;
}

export interface Diagnosis {
  /** Undefined where not even that is known. */
  readonly route: Route | undefined;
  readonly hops: readonly HopReport[];
}

export async function diagnose(input: DiagnoseInput): Promise<Diagnosis> {
  const { environment } = input;
  const limits: TroubleshootLimits = { ...TROUBLESHOOT_LIMITS, ...input.limits };
  const journey = createJourney();
  const route = await journey.hop('kubeconfig', input, () => input.findRoute());
  if (route !== undefined) hideCredentials(route, input);
  const chosen = await journey.hop('proxy', route, (from) => probeProxy(from, environment, limits));
  const named = await journey.hop('dns', chosen, probeDns);
  const reached = await journey.hop('tcp', named, probeTcp);
  const secured = await journey.hop('tls', reached, probeTls);
  const greeted = await journey.hop('gateway', secured, probeGateway);
  const signedIn = await journey.hop('token', greeted, (from) => probeToken(from, input));
  const admitted = await journey.hop('access', signedIn, probeAccess);
  const tunnelled = await journey.hop('tunnel', admitted, probeTunnel);
  const relayed = await journey.hop('agent', tunnelled, probeAgent);
  const answered = await journey.hop('apiserver', relayed, probeApiserver);
  const known = await journey.hop('rbac', answered, probeRbac);
  await journey.hop('exec', known, probeExec);
  return { route, hops: journey.hops };
}

/** Before anything is shown that could repeat them. */
function hideCredentials({ credential, proxyUrl }: Route, { scrubber }: DiagnoseInput): void {
  if (credential.kind === 'token') scrubber.hideToken(credential.token);
  if (proxyUrl !== undefined) scrubber.hideAddress(proxyUrl);
}
