// One Microsoft Graph for all tenants: whose it is, a request's token says, and each tenant's Graph then checks that token.
import { createGraph } from './graph.ts';
import type { Graph } from './graph.ts';
import type { Misbehaviour } from './misbehaviour.ts';
import type { Neighbour } from './routes.ts';
import type { Tenant } from './tenant.ts';

export interface GraphDoor extends Neighbour {
  misbehave(misbehaviour: Misbehaviour['graph']): void;
}

export function createGraphDoor(tenants: readonly [Tenant, ...Tenant[]]): GraphDoor {
  const [main] = tenants;
  const graphs = new Map<string, Graph>(tenants.map((tenant) => [tenant.tenantId, createGraph({ tenant })]));
  const mainGraph = graphs.get(main.tenantId) ?? createGraph({ tenant: main });
  return {
    answer({ method = '', url, headers: { authorization = '' }, body }) {
      const graph = graphs.get(tenantOf(authorization)) ?? mainGraph;
      return graph.answer({ method, url, authorization, body });
    },
    misbehave(misbehaviour) {
      // An answer that hangs is the server's to withhold.
      const told = misbehaviour === 'hang' ? undefined : misbehaviour;
      for (const graph of graphs.values()) graph.misbehave(told);
    },
  };
}

/** Only to find the one who checks. */
function tenantOf(authorization: string): string {
  try {
    const claims: unknown = JSON.parse(
      Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString('utf8'),
    );
    return typeof claims === 'object' && claims !== null && 'tid' in claims ? String(claims.tid) : '';
  } catch {
    return '';
  }
}
