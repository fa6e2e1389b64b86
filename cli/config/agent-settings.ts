// From the agent's settings as a person writes them to AgentConfig. In a pod most of them are found.
import { isIP } from 'node:net';
import type { z } from 'zod';
import { ConfigError } from '../../observe/index.ts';
import type { AgentConfig } from '../../relay-agent/index.ts';
import { CliError } from '../cli-error.ts';
import { collectSettings } from './collect-settings.ts';
import type { SettingsSources } from './collect-settings.ts';
import { deepFreeze } from './deep-freeze.ts';
import { denyListProblems } from './deny-list-problems.ts';
import { entraSettings } from './entra-settings.ts';
import { agentSchema } from './agent-schema.ts';
import { joinToken } from './fields.ts';
import { proxyFor } from './proxy.ts';

const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Flags over environment over file over what a pod says about itself.
 * @throws ConfigError with every problem of every source
 */
export function parseAgentConfig(sources: SettingsSources): AgentConfig {
  const settings = collectSettings(agentSchema, {
    ...sources,
    defaults: inClusterDefaults(sources.environment),
  });
  const { values, contents } = settings;
  const problems = [...settings.problems];
  const proxyUrl = chooseProxy(values, sources.environment, problems);
  const joinTokenValue = chooseJoinToken(values, contents, problems, settings.at);
  const upstreamCa = contents.get('upstream.caFile');
  if (values === undefined) throw new ConfigError(problems);
  const surroundings = { ...settings, environment: sources.environment, proxyUrl: values.proxyUrl };
  const entra = entraSettings(values.entra, surroundings, problems);
  problems.push(...denyListProblems(values.denyListFile, settings.at));
  if (upstreamCa === undefined || problems.length > 0) throw new ConfigError([...new Set(problems)]);
  const gatewayCa = contents.get('gatewayCaFile');
  return deepFreeze({
    gatewayUrl: values.gatewayUrl,
    ...(gatewayCa === undefined ? {} : { gatewayCa }),
    ...(joinTokenValue === undefined ? {} : { joinToken: joinTokenValue }),
    stateDir: values.stateDir,
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    tunnels: values.tunnels,
    entra,
    serviceAccountIssuers: values.serviceAccounts.issuers,
    groups: values.groups,
    ...(values.denyListFile === undefined ? {} : { denyListFile: values.denyListFile }),
    tokenGraceMs: values.tokenGrace,
    upstream: { server: values.upstream.server, ca: upstreamCa, tokenFile: values.upstream.tokenFile },
    ...(values.privateListen === undefined ? {} : { privateListen: values.privateListen }),
    drainTimeoutMs: values.drainTimeout,
    logLevel: values.logLevel,
  });
}

/** What the kubelet puts into each pod (kubernetes.io: Accessing the Kubernetes API from a Pod). */
export function inClusterDefaults(environment: SettingsSources['environment']): Record<string, string> {
  const host = environment['KUBERNETES_SERVICE_HOST'];
  const port = environment['KUBERNETES_SERVICE_PORT'];
  if (host === undefined || host === '' || port === undefined || port === '') return {};
  return {
    'upstream.server': `https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
    'upstream.caFile': `${SERVICE_ACCOUNT_DIR}/ca.crt`,
    'upstream.tokenFile': `${SERVICE_ACCOUNT_DIR}/token`,
  };
}

type AgentValues = z.output<typeof agentSchema>;

function chooseProxy(
  values: AgentValues | undefined,
  environment: SettingsSources['environment'],
  problems: string[],
): string | undefined {
  if (values === undefined) return undefined;
  if (values.proxyUrl !== undefined) return values.proxyUrl === 'direct' ? undefined : values.proxyUrl;
  try {
    return proxyFor(values.gatewayUrl, environment);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    problems.push(`${error.message}. ${error.advice}`);
    return undefined;
  }
}

function chooseJoinToken(
  values: AgentValues | undefined,
  contents: ReadonlyMap<string, string>,
  problems: string[],
  at: (key: string) => string,
): string | undefined {
  const read = contents.get('joinTokenFile');
  if (read === undefined) return values?.joinToken;
  if (values?.joinToken !== undefined) {
    problems.push(`${at('joinTokenFile')} and joinToken are both set: keep one of them`);
  }
  const token = joinToken().safeParse(read);
  if (!token.success) problems.push(`${at('joinTokenFile')} names a file that holds no join token`);
  return token.data;
}
