// Where Graph is and as which application it is asked. Nothing of a token has a say in it (facts: J11).
import { ConfigError } from '../../observe/index.ts';
import { resolveAuthority } from '../entra-clouds.ts';
import { asGuid } from '../guid.ts';

export interface GraphSettings {
  /** The application (client) id that has the permissions, in each tenant whose tokens are accepted. */
  readonly clientId: string;
  /** Exactly one of the three. Files are read anew for each token, so that rotation needs no restart. */
  readonly clientSecretFile?: string;
  /** PEM with an RSA private key and its certificate. */
  readonly certificateFile?: string;
  /** A token of a workload identity, which the application trusts by a federated credential. */
  readonly federatedTokenFile?: string;
  /** Where Graph is, for an authority that is none of Microsoft's; and `https://dod-graph.microsoft.us`. */
  readonly origin?: string;
}

export interface GraphPlace {
  readonly authorityOrigin: string;
  readonly graphOrigin: string;
}

// Microsoft: "Microsoft Graph national cloud deployments" (graph/deployments). The first is the default: one authority
// serves both US Government L4 (GCC High) and L5 (DoD), whose Graphs are two.
const CLOUDS: readonly { readonly authority: string; readonly graphs: readonly [string, ...string[]] }[] = [
  { authority: 'login.microsoftonline.com', graphs: ['https://graph.microsoft.com'] },
  {
    authority: 'login.microsoftonline.us',
    graphs: ['https://graph.microsoft.us', 'https://dod-graph.microsoft.us'],
  },
  { authority: 'login.partner.microsoftonline.cn', graphs: ['https://microsoftgraph.chinacloudapi.cn'] },
];

/** What is wrong with the settings, under the names of the configuration; nothing for good ones. */
export function graphProblems(settings: GraphSettings, authorityHost: string): string[] {
  const problems: string[] = [];
  if (asGuid(settings.clientId) === undefined) problems.push('entra.graph.clientId must be a GUID');
  const { clientSecretFile, certificateFile, federatedTokenFile } = settings;
  const credentials = [clientSecretFile, certificateFile, federatedTokenFile].filter(
    (file) => file !== undefined,
  );
  if (credentials.length !== 1 || credentials[0] === '') {
    problems.push(
      'entra.graph needs exactly one of clientSecretFile, certificateFile and federatedTokenFile',
    );
  }
  const authority = resolveAuthority(authorityHost);
  // Said where the authority itself is checked.
  if (authority === undefined) return problems;
  const cloud = CLOUDS.find((candidate) => authority.keyHosts.includes(candidate.authority));
  if (settings.origin === undefined) {
    if (cloud === undefined) {
      problems.push(
        'entra.graph.origin is needed: the authority is none of Microsoft’s, which have their own',
      );
    }
  } else if (cloud !== undefined && !cloud.graphs.includes(settings.origin)) {
    problems.push(`entra.graph.origin must be ${cloud.graphs.join(' or ')} for this authority`);
  } else if (resolveAuthority(settings.origin)?.origin !== settings.origin) {
    problems.push('entra.graph.origin must be an https origin, such as https://graph.microsoft.com');
  }
  return problems;
}

/** @throws ConfigError that names every problem */
export function placeOfGraph(settings: GraphSettings, authorityHost: string): GraphPlace {
  const problems = graphProblems(settings, authorityHost);
  const authority = resolveAuthority(authorityHost);
  if (authority === undefined || problems.length > 0) {
    throw new ConfigError(problems.length > 0 ? problems : ['entra.authorityHost must be an https origin']);
  }
  const cloud = CLOUDS.find((candidate) => authority.keyHosts.includes(candidate.authority));
  const graphOrigin = settings.origin ?? cloud?.graphs[0] ?? '';
  return { authorityOrigin: authority.origin, graphOrigin };
}
