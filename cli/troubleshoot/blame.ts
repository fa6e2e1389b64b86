// From an answer to the hop that refused. The Status names it (docs/errors.md): nothing is guessed where it does.
import type { Answer } from './ask.ts';
import { failed } from './hops.ts';
import type { Failed, HopName } from './hops.ts';
import type { Status } from './status.ts';
import { tokenAdvice } from './token-advice.ts';
import type { Circumstances } from './token-advice.ts';

/** The hops that one request goes through once its token is there. */
export type CarriedHop = Extract<HopName, 'access' | 'tunnel' | 'agent' | 'apiserver'>;

export interface Blame {
  readonly hop: CarriedHop;
  readonly failure: Failed;
}

/** Who refused a request to the cluster; undefined when nobody did. A 403 of the cluster's RBAC is no refusal of a hop. */
export function blame({ code, status, text }: Answer, circumstances: Circumstances): Blame | undefined {
  if (status?.hop === undefined) return blameApiserver(code, status, text);
  const { hop, errorCode, requestId, message } = status;
  const judge = { gateway: blameGateway, tunnel: blameTunnel, agent: blameAgent, apiserver: blameUpstream }[
    hop
  ];
  const found = judge(code, status, circumstances);
  const facts = { status: code, ...(errorCode === '' ? {} : { errorCode }), requestId };
  const failure = {
    ...failed(found.problem, { message, facts, advice: found.advice }),
    ...(errorCode === '' ? {} : { errorCode }),
    requestId,
  };
  return { hop: found.hop ?? (hop === 'gateway' ? 'access' : hop), failure };
}

type Verdict = Pick<Failed, 'problem' | 'advice'> & { readonly hop?: CarriedHop };

function blameGateway(code: number, { errorCode, requestId }: Status, circumstances: Circumstances): Verdict {
  if (errorCode === 'CC_ERR_GATEWAY_CLUSTER_UNKNOWN') {
    return {
      problem: 'cluster-unknown',
      advice: `Check the name of the cluster in the kubeconfig. If it is right, no rule lets you in: ask the operator of the gateway for a rule under \`access\` for ${who(circumstances)}. The two are not told apart on purpose.`,
    };
  }
  if (errorCode === 'CC_ERR_GATEWAY_CLUSTER_OFFLINE') {
    return {
      // The gateway says it, and has done its part.
      hop: 'tunnel',
      problem: 'agent-not-connected',
      advice: `You have done nothing wrong: the agent beside the cluster has no tunnel. Ask the operator of the cluster to look whether the agent runs, and in its log for agent.tunnel.dial_failed.`,
    };
  }
  if (errorCode === 'CC_ERR_GATEWAY_FORBIDDEN') {
    return { problem: 'role', advice: roleAdvice(circumstances) };
  }
  if (errorCode === 'CC_ERR_GATEWAY_USER_STREAMS') {
    return {
      problem: 'gateway-busy',
      advice:
        'You run as many requests at once as one user may: end watches, `logs -f` and port-forwards that you no longer need.',
    };
  }
  if (CANNOT_CHECK.has(errorCode)) {
    return {
      problem: 'gateway-busy',
      advice: `The gateway cannot check tokens now (Entra's keys or Microsoft Graph are out of its reach, or too many at once). Try again in a minute; if it stays so, tell its operator the request id ${requestId}.`,
    };
  }
  if (code === 401) return { problem: 'token-refused', advice: tokenAdvice(errorCode, circumstances) };
  if (code === 403) return { problem: 'identity-refused', advice: tokenAdvice(errorCode, circumstances) };
  return {
    problem: 'gateway-refuses',
    advice: `See ${errorCode || 'the status'} in docs/errors.md, and tell the operator of the gateway the request id ${requestId}.`,
  };
}

export function roleAdvice(circumstances: Circumstances): string {
  return `Your role at the gateway is viewer: it reads, and nothing else. If you need more, ask the operator of the gateway for the role user for ${who(circumstances)}.`;
}

function blameTunnel(_code: number, { errorCode, requestId }: Status): Verdict {
  return errorCode === 'CC_ERR_STREAM_REFUSED'
    ? {
        problem: 'tunnel-busy',
        advice:
          'The tunnel carries as much as it may: try again. If it stays so, the agent may need more `tunnels`.',
      }
    : {
        problem: 'tunnel-broken',
        advice: `The tunnel between gateway and agent broke under the request: try again. If it stays so, the operator finds why in the logs of both, under the request id ${requestId}.`,
      };
}

/** The keys of Entra cannot be had, or too many tokens are checked at once: nothing is said about this one. */
const CANNOT_CHECK: ReadonlySet<string> = new Set([
  'CC_ERR_AUTH_UNAVAILABLE',
  'CC_ERR_AUTH_GRAPH_UNAVAILABLE',
  'CC_ERR_AUTH_BUSY',
]);

/** What the gateway looked at too: it took this token, so the two disagree. */
const OTHER_SETTINGS: ReadonlySet<string> = new Set([
  'CC_ERR_AUTH_AUDIENCE',
  'CC_ERR_AUTH_TENANT',
  'CC_ERR_AUTH_ISSUER',
]);

function blameAgent(code: number, { errorCode, requestId }: Status, circumstances: Circumstances): Verdict {
  if (CANNOT_CHECK.has(errorCode)) {
    return {
      problem: 'agent-failed',
      advice: `The agent cannot check tokens now (${errorCode}). Try again in a minute; if it stays so, the operator of the cluster looks whether the agent reaches Entra (and Microsoft Graph, where groups are looked up): entra.authorityHost, its outbound proxy, its firewall.`,
    };
  }
  if (!OTHER_SETTINGS.has(errorCode) && errorCode.startsWith('CC_ERR_AUTH_')) {
    return { problem: 'agent-refuses-token', advice: tokenAdvice(errorCode, circumstances, 'cluster') };
  }
  if (code === 401 || OTHER_SETTINGS.has(errorCode)) {
    return {
      problem: 'agent-refuses-token',
      advice: `The gateway took this token and the agent did not (${errorCode}): the two have other settings under \`entra\`. Ask the operator of the cluster to compare the agent's tenants and audiences with the gateway's. The token: issuer ${String(circumstances.claims['issuer'])}, audience ${[circumstances.claims['audience'] ?? ''].flat().join(', ')}, tenant ${String(circumstances.claims['tenant'])}.`,
    };
  }
  return code >= 500
    ? {
        problem: 'agent-failed',
        advice: `Ask the operator of the cluster to look into the agent's log for the request id ${requestId}.`,
      }
    : {
        problem: 'agent-refuses',
        advice: `See ${errorCode} in docs/errors.md; the agent's log has the request id ${requestId}.`,
      };
}

function blameUpstream(code: number, { requestId }: Status): Verdict {
  return code === 503
    ? {
        problem: 'apiserver-unreachable',
        advice:
          "You have done nothing wrong: the agent cannot reach the cluster's API server. Ask the operator of the cluster whether it runs, and to check upstream.server of the agent and the network policy.",
      }
    : {
        problem: 'apiserver-broken',
        advice: `The connection between agent and API server broke: try again. If it stays so, the operator of the cluster finds it in the agent's log under the request id ${requestId} (a wrong upstream.caFile looks like this too).`,
      };
}

// Without a hop the answer is the apiserver's own, or of something that stands where it should be.
function blameApiserver(code: number, status: Status | undefined, text: string): Blame | undefined {
  const facts = { status: code };
  if (status === undefined) {
    if (code >= 200 && code < 300 && text.includes('"gitVersion"')) return undefined;
    return {
      hop: 'apiserver',
      failure: failed('not-an-apiserver', {
        message: `what answered behind the agent is no Kubernetes API server (status ${code})`,
        facts,
        advice: 'Ask the operator of the cluster to check upstream.server of the agent.',
      }),
    };
  }
  const { message } = status;
  if (code === 401) {
    return {
      hop: 'apiserver',
      failure: failed('agent-account', {
        message: `the API server does not take the agent's own credentials: ${message}`,
        facts,
        advice:
          "Ask the operator of the cluster to check the agent's ServiceAccount token (upstream.tokenFile): it may be of another cluster, withdrawn or expired.",
      }),
    };
  }
  if (code === 403 && /\bcannot impersonate\b/.test(message)) {
    return {
      hop: 'apiserver',
      failure: failed('impersonation', {
        message: `the agent may not act as you: ${message}`,
        facts,
        advice:
          'Ask the operator of the cluster to apply deploy/kubernetes/agent-rbac.yaml. With `as` in the user entry of the kubeconfig it is your own RBAC that lacks the verb impersonate.',
      }),
    };
  }
  return undefined;
}

function who({ claims }: Circumstances): string {
  const { objectId, kind, serviceAccount } = claims;
  if (typeof serviceAccount === 'string') return `the ServiceAccount ${serviceAccount}`;
  return `the ${kind === 'application' ? 'application with the object id' : 'object id'} ${typeof objectId === 'string' && objectId !== '' ? objectId : '(unknown)'}`;
}
