// From the gateway's settings as a person writes them to GatewayServiceConfig: what the schema alone cannot check.
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { readServiceAccountKeys } from '../../auth/index.ts';
import type { GatewayServiceConfig, ServiceAccountRule } from '../../gateway/index.ts';
import { ConfigError } from '../../observe/index.ts';
import { FILE_LIMITS, describeFault, readBoundedFile } from '../files/read-bounded.ts';
import { denyListProblems } from './deny-list-problems.ts';
import { entraSettings } from './entra-settings.ts';
import { gatewaySchema } from './gateway-schema.ts';
import { deepFreeze } from './deep-freeze.ts';
import { collectSettings } from './collect-settings.ts';
import type { Settings, SettingsSources } from './collect-settings.ts';

/**
 * Flags over environment over file over defaults.
 * @throws ConfigError with every problem of every source
 */
export function parseGatewayConfig(sources: SettingsSources): GatewayServiceConfig {
  const settings = collectSettings(gatewaySchema, sources);
  const problems = [...settings.problems, ...pairProblem(settings)];
  const { values } = settings;
  if (values !== undefined) problems.push(...nameProblems(values, settings));
  if (values === undefined) throw new ConfigError(problems);
  const surroundings = { ...settings, environment: sources.environment };
  const entra = entraSettings(values.entra, surroundings, problems);
  const serviceAccounts = serviceAccountRules(values, settings, sources, problems);
  problems.push(...denyListProblems(values.denyListFile, settings.at));
  if (problems.length > 0) throw new ConfigError(problems);
  return deepFreeze({
    listen: values.listen,
    privateListen: values.privateListen,
    processes: values.processes,
    publicUrl: values.publicUrl,
    dataDir: values.dataDir,
    clusterDomain: values.clusterDomain,
    ...(values.hostDomain === undefined ? {} : { hostDomain: values.hostDomain }),
    ...(values.tls === undefined ? {} : { tls: values.tls }),
    entra,
    access: values.access,
    serviceAccounts,
    ...(values.denyListFile === undefined ? {} : { denyListFile: values.denyListFile }),
    tokenGraceMs: values.tokenGrace,
    popHolder: values.popHolder,
    drainTimeoutMs: values.drainTimeout,
    logLevel: values.logLevel,
  });
}

/** Each rule with what its file holds. Relative paths start where the settings file is. */
function serviceAccountRules(
  { serviceAccounts }: z.output<typeof gatewaySchema>,
  settings: Settings<typeof gatewaySchema>,
  sources: SettingsSources,
  problems: string[],
): ServiceAccountRule[] {
  const directory = sources.file === undefined ? sources.workingDirectory : dirname(resolve(sources.file));
  return serviceAccounts.map(({ keysFile, ...rule }, index) => {
    const path = resolve(directory, keysFile);
    const file = readBoundedFile(path, FILE_LIMITS.pem);
    const keys = 'text' in file ? readServiceAccountKeys(file.text) : describeFault(file);
    if (typeof keys === 'string') {
      problems.push(`${settings.at(`serviceAccounts[${index}].keysFile`)} names ${path}, which ${keys}`);
    }
    return { ...rule, keys: 'text' in file ? file.text : '' };
  });
}

// One name must not mean two things: a connection whose server name is a cluster's serves that cluster only.
function nameProblems(
  values: z.output<typeof gatewaySchema>,
  settings: Settings<typeof gatewaySchema>,
): string[] {
  const problems: string[] = [];
  const gatewayName = new URL(values.publicUrl).hostname;
  if (isUnder(gatewayName, values.clusterDomain)) {
    problems.push(`${settings.at('publicUrl')} must not lie under clusterDomain`);
  }
  const { hostDomain } = values;
  if (hostDomain === undefined) return problems;
  if (hostDomain === values.clusterDomain) {
    problems.push(`${settings.at('hostDomain')} must differ from clusterDomain`);
  }
  // `relay.example.com` is the gateway beside `*.example.com`: that name can then be no cluster's.
  if (gatewayName === hostDomain)
    problems.push(`${settings.at('hostDomain')} must differ from the publicUrl's host`);
  return problems;
}

function isUnder(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}

function pairProblem(settings: Settings<typeof gatewaySchema>): string[] {
  const certificate = settings.contents.get('tls.certificateFile');
  const key = settings.contents.get('tls.privateKeyFile');
  if (certificate === undefined || key === undefined) return [];
  const matches = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  return matches ? [] : [`${settings.at('tls.privateKeyFile')} is not the key of tls.certificateFile`];
}
