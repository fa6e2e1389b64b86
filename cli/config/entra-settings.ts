// From the `entra` settings as a person writes them to what verification needs: what the files hold, and the way out.
import type { z } from 'zod';
import { graphProblems, placeOfGraph } from '../../auth/index.ts';
import type { EntraSettings, GraphSettings } from '../../auth/index.ts';
import { CliError } from '../cli-error.ts';
import type { entraFields } from './entra-fields.ts';
import { proxyFor } from './proxy.ts';

export interface EntraSurroundings {
  readonly contents: ReadonlyMap<string, string>;
  readonly at: (key: string) => string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A proxy that was set for everything; `direct` for none. Undefined: the environment says. */
  readonly proxyUrl?: string | undefined;
}

type EntraValues = z.output<ReturnType<typeof entraFields>>;
type GraphValues = NonNullable<EntraValues['graph']>;

/** @param problems gets a sentence for each thing that cannot be */
export function entraSettings(
  values: EntraValues,
  surroundings: EntraSurroundings,
  problems: string[],
): EntraSettings {
  const { authorityCaFile: _file, popLifetime, graph, ...rest } = values;
  const authorityCa = surroundings.contents.get('entra.authorityCaFile');
  const graphFaults = problemsOfGraph(values, surroundings.at);
  problems.push(...graphFaults);
  const authorityProxyUrl = proxyOf(values.authorityHost, surroundings, problems);
  return {
    ...rest,
    popLifetimeMs: popLifetime,
    ...(authorityCa !== undefined && { authorityCa }),
    ...(authorityProxyUrl !== undefined && { authorityProxyUrl }),
    ...(graph !== undefined && graphFaults.length === 0 && graphAndItsProxy(graph)),
  };

  function graphAndItsProxy(checked: GraphValues): Partial<EntraSettings> {
    const { graphOrigin } = placeOfGraph(graphSettings(checked), values.authorityHost);
    const graphProxyUrl = proxyOf(graphOrigin, surroundings, problems);
    return {
      graph: { ...graphSettings(checked), whenUnavailable: checked.whenUnavailable },
      ...(graphProxyUrl !== undefined && { graphProxyUrl }),
    };
  }
}

function graphSettings(graph: GraphValues): GraphSettings {
  const { clientId, clientSecretFile, certificateFile, federatedTokenFile, origin } = graph;
  return {
    clientId,
    ...(clientSecretFile !== undefined && { clientSecretFile }),
    ...(certificateFile !== undefined && { certificateFile }),
    ...(federatedTokenFile !== undefined && { federatedTokenFile }),
    ...(origin !== undefined && { origin }),
  };
}

/** Auth names the setting first; here comes where that was written. */
function problemsOfGraph(
  { graph, groupsOverage, authorityHost }: EntraValues,
  at: EntraSurroundings['at'],
): string[] {
  if (graph === undefined) {
    return groupsOverage === 'graph' ? [`${at('entra.groupsOverage')} graph needs entra.graph`] : [];
  }
  const problems = graphProblems(graphSettings(graph), authorityHost);
  if (groupsOverage !== 'graph') problems.push('entra.graph is used only with entra.groupsOverage: graph');
  return problems.map((problem) => {
    const [key = ''] = problem.split(' ', 1);
    return `${at(key)}${problem.slice(key.length)}`;
  });
}

function proxyOf(
  address: string,
  { proxyUrl, environment }: EntraSurroundings,
  problems: string[],
): string | undefined {
  if (proxyUrl !== undefined) return proxyUrl === 'direct' ? undefined : proxyUrl;
  try {
    return proxyFor(address, environment);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const problem = `${error.message}. ${error.advice}`;
    if (!problems.includes(problem)) problems.push(problem);
    return undefined;
  }
}
