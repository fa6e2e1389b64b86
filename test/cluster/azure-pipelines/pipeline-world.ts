// What an Azure Pipelines project has around our templates: a repository, an agent's machine with its tools, a job's
// variables, and a cluster behind a relay that lets the job's identity in and nobody else.
import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { z } from 'zod';
import { parseIssuedToken } from '../../../demo/control-plane/index.ts';
import type { ApiserverClient } from '../../../demo/control-plane/index.ts';
import { DEFAULT_DIRECTORY, findApp } from '../../../demo/entra/index.ts';
import type { DirectoryApp } from '../../../demo/entra/index.ts';
import { createKubectl } from '../kubectl.ts';
import { CLUSTER_NAME, startRelay } from '../relay-fixture.ts';
import type { Relay } from '../relay-fixture.ts';
import { runJob } from './agent.ts';
import type { JobResult, PipelinesAgent } from './agent.ts';
import type { AzureConnection, ServiceConnection } from './connections.ts';
import { expandTemplate, readTemplate } from './template.ts';
import type { ParameterValues } from './template.ts';

const REPOSITORY = join(import.meta.dirname, '../../..');
const CLI = join(REPOSITORY, 'cli/main.ts');
export const TEMPLATES = join(REPOSITORY, 'deploy/azure-pipelines');
export const AZURE_CONNECTION = 'clusters';
const APP = 'azure pipelines';

/** The agent runs in a pod that is a workload itself, under the webhook: no job may sign in as that. */
const AGENT_IDENTITY = {
  AZURE_TENANT_ID: '99999999-0000-4000-8000-00000000a9e0',
  AZURE_CLIENT_ID: '99999999-0000-4000-8000-00000000a9e1',
  AZURE_FEDERATED_TOKEN_FILE: '/var/run/secrets/azure/tokens/azure-identity-token',
};

export interface PipelineWorld {
  readonly relay: Relay;
  /** The application of the service connection; in no group. */
  readonly app: DirectoryApp;
  readonly azureConnection: AzureConnection;
  /** What somebody at a desk runs, who has the gateway's CA as gateway-ca.pem. */
  getCredentials(args: readonly string[], input?: string): Promise<string>;
  run(template: string, parameters: ParameterValues, more?: JobSettings): Promise<JobResult>;
  close(): Promise<void>;
}

export interface JobSettings {
  readonly connections?: Readonly<Record<string, ServiceConnection>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** Of the agent's machine. */
  readonly environment?: Readonly<Record<string, string>>;
}

const issuerSchema = z.object({ issuer: z.string() });

/** `accounts`: ServiceAccounts, `namespace:name`, that the relay lets through. */
export async function startPipelineWorld(accounts: readonly string[]): Promise<PipelineWorld> {
  const controlPlane = inject('controlPlane');
  const directory = mkdtempSync(join(controlPlane.directory, 'pipelines-'));
  const issuer = await issuerOf();
  const keys = await readRaw('/openid/v1/jwks');
  // In no group: that of the default directory would let it in with bob.
  const app = { ...findApp(DEFAULT_DIRECTORY, APP), groups: [] };
  const apps = DEFAULT_DIRECTORY.apps.map((other) => (other.clientId === app.clientId ? app : other));
  const relay = await startRelay({
    entra: { directory: { apps } },
    access: [{ clusters: [CLUSTER_NAME], role: 'user', users: [], groups: [], applications: [app.clientId] }],
    gateway: {
      serviceAccounts: [{ clusters: [CLUSTER_NAME], issuers: [issuer], keys, accounts, role: 'user' }],
    },
    agent: { serviceAccountIssuers: [issuer] },
  });
  const { pipelines, tenantId } = relay.entra;
  const sources = makeSources(directory, relay);
  const azureConnection: AzureConnection = {
    kind: 'azure',
    id: pipelines.serviceConnectionId,
    tenantId,
    clientId: pipelines.clientId,
  };
  let jobs = 0;
  return {
    relay,
    app,
    azureConnection,
    getCredentials: (args, input = '') =>
      runHere(
        sources,
        [
          'get-credentials',
          '--gateway',
          relay.gateway.url,
          '--cluster',
          CLUSTER_NAME,
          '--ca',
          'gateway-ca.pem',
          ...args,
        ],
        input,
      ),
    run: (template, parameters, { connections = {}, secrets, environment = {} } = {}) => {
      const folder = join(directory, `job-${(jobs += 1)}`);
      mkdirSync(folder);
      const agent: PipelinesAgent = {
        directory: folder,
        sources,
        connections: { [AZURE_CONNECTION]: azureConnection, ...connections },
        variables: { 'System.OidcRequestUri': pipelines.oidcRequestUri, 'System.HostType': 'build' },
        secrets: secrets ?? { 'System.AccessToken': pipelines.accessToken },
        environment: {
          PATH: '/usr/bin:/bin',
          HOME: folder,
          // The CAs that its administrator added to the machine's.
          NODE_EXTRA_CA_CERTS: join(sources, 'entra-ca.pem'),
          ...AGENT_IDENTITY,
          ...environment,
        },
      };
      const prepare = [{ bash: `echo "##vso[task.prependpath]${join(directory, 'bin')}"` }];
      const job = expandTemplate(readTemplate(join(TEMPLATES, template)), { prepare, ...parameters });
      return runJob(job, agent);
    },
    close: () => relay.close(),
  };
}

/** With kubectl create token, at a desk. */
export async function createAccountToken(
  admin: ApiserverClient,
  namespace: string,
  name: string,
): Promise<string> {
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await admin.create(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
  const answer = await admin.create(`${accounts}/${name}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 7200 },
  });
  const issued = parseIssuedToken(answer);
  if (issued === undefined) throw new TypeError('TokenRequest was answered without a token');
  return issued.token;
}

async function issuerOf(): Promise<string> {
  return issuerSchema.parse(JSON.parse(await readRaw('/.well-known/openid-configuration'))).issuer;
}

/** As docs/azure-pipelines.md has it; the administrator's. */
async function readRaw(path: string): Promise<string> {
  const kubectl = createKubectl(inject('tools').kubectl, inject('controlPlane').adminKubeconfigFile);
  const { stdout, stderr, exitCode } = await kubectl.run(['get', '--raw', path]);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}

/** The repository of the application, and beside it the agent's tools. */
function makeSources(directory: string, relay: Relay): string {
  const sources = join(directory, 'sources');
  const bin = join(directory, 'bin');
  for (const folder of [join(sources, 'manifests'), bin]) mkdirSync(folder, { recursive: true });
  copyFileSync(join(import.meta.dirname, 'shop.yaml'), join(sources, 'manifests', 'shop.yaml'));
  writeFileSync(join(sources, 'gateway-ca.pem'), relay.gateway.authorityPem);
  writeFileSync(join(sources, 'entra-ca.pem'), relay.entra.caPem);
  const { kubectl, kubelogin } = inject('tools');
  symlinkSync(kubectl, join(bin, 'kubectl'));
  symlinkSync(kubelogin, join(bin, 'kubelogin'));
  const program = join(bin, 'cluster-connect');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`);
  chmodSync(program, 0o755);
  return sources;
}

function runHere(directory: string, args: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [CLI, ...args],
      { cwd: directory, env: { HOME: directory } },
      (error, stdout) => (error === null ? resolve(stdout) : reject(error)),
    );
    child.stdin?.end(input);
  });
}
