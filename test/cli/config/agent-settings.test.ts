import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inClusterDefaults, parseAgentConfig } from '../../../cli/config/agent-settings.ts';
import { createAuthority } from '../../../gateway/index.ts';
import { temporaryDirectory } from '../run-command.ts';
import { TENANT, problemsOf, sourcesOf } from './settings-sources.ts';

const JOIN_TOKEN = `ccjt_${'A'.repeat(43)}`;
const authority = createAuthority('test');

/** A directory with what the settings name, and the settings. */
function agentFiles(more = ''): { directory: string; yaml: string } {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'ca.pem'), authority.certificatePem);
  writeFileSync(join(directory, 'token'), 'a ServiceAccount token');
  const yaml = `
gatewayUrl: https://relay.example.com
entra:
  tenants: [${TENANT}]
  audiences: [api]
upstream:
  server: https://10.0.0.1:6443
  caFile: ca.pem
  tokenFile: token
${more}`;
  return { directory, yaml };
}

describe('parseAgentConfig', () => {
  it('reads the files and has defaults for the rest', () => {
    const { directory, yaml } = agentFiles('gatewayCaFile: ca.pem\nstateDir: state\n');
    expect(parseAgentConfig(sourcesOf(directory, { yaml }))).toEqual({
      gatewayUrl: 'https://relay.example.com',
      gatewayCa: authority.certificatePem,
      stateDir: join(directory, 'state'),
      tunnels: 2,
      entra: {
        authorityHost: 'https://login.microsoftonline.com',
        tenants: [TENANT],
        audiences: ['api'],
        usernameClaim: 'oid',
        requiredScopes: [],
        requiredRoles: [],
        accept: 'either',
        popLifetimeMs: 900_000,
        groupsOverage: 'fail',
        clockSkewSeconds: 60,
      },
      serviceAccountIssuers: [],
      groups: 'all',
      tokenGraceMs: 0,
      upstream: {
        server: 'https://10.0.0.1:6443',
        ca: authority.certificatePem,
        tokenFile: join(directory, 'token'),
      },
      drainTimeoutMs: 30_000,
      logLevel: 'info',
    });
  });

  it('finds the apiserver by itself in a pod', () => {
    expect(
      inClusterDefaults({ KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' }),
    ).toEqual({
      'upstream.server': 'https://10.96.0.1:443',
      'upstream.caFile': '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
      'upstream.tokenFile': '/var/run/secrets/kubernetes.io/serviceaccount/token',
    });
    expect(
      inClusterDefaults({ KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' })[
        'upstream.server'
      ],
    ).toBe('https://[fd00::1]:443');
    expect(inClusterDefaults({ KUBERNETES_SERVICE_HOST: '10.96.0.1' })).toEqual({});
  });

  it('takes what was set over what the pod says', () => {
    const { directory, yaml } = agentFiles();
    const environment = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };
    const { upstream } = parseAgentConfig(sourcesOf(directory, { yaml, environment }));
    expect(upstream.server).toBe('https://10.0.0.1:6443');
    expect(upstream.tokenFile).toBe(join(directory, 'token'));
  });

  it('takes the join token from the environment, or from a file', () => {
    const { directory, yaml } = agentFiles();
    const byEnvironment = sourcesOf(directory, {
      yaml,
      environment: { CLUSTER_CONNECT_JOIN_TOKEN: JOIN_TOKEN },
    });
    expect(parseAgentConfig(byEnvironment).joinToken).toBe(JOIN_TOKEN);
    writeFileSync(join(directory, 'join'), `${JOIN_TOKEN}\n`);
    const byFile = sourcesOf(directory, { yaml: `${yaml}\njoinTokenFile: join\n` });
    expect(parseAgentConfig(byFile).joinToken).toBe(JOIN_TOKEN);
  });

  it('goes on when the file with the join token is gone, as after the first start', () => {
    const { directory, yaml } = agentFiles('joinTokenFile: gone\n');
    expect(parseAgentConfig(sourcesOf(directory, { yaml }))).not.toHaveProperty('joinToken');
  });

  it('L1: names a wrong join token without repeating it', () => {
    const { directory, yaml } = agentFiles('joinTokenFile: join\n');
    writeFileSync(join(directory, 'join'), 'canary');
    const environment = { CLUSTER_CONNECT_JOIN_TOKEN: 'canary' };
    const problems = problemsOf(parseAgentConfig, sourcesOf(directory, { yaml, environment }));
    expect(problems).toEqual([
      'CLUSTER_CONNECT_JOIN_TOKEN: joinToken must be a join token as `cluster-connect cluster add` prints it',
      'settings.yaml:10: joinTokenFile names a file that holds no join token',
    ]);
  });

  it('refuses two join tokens', () => {
    const { directory, yaml } = agentFiles('joinTokenFile: join\n');
    writeFileSync(join(directory, 'join'), JOIN_TOKEN);
    const environment = { CLUSTER_CONNECT_JOIN_TOKEN: JOIN_TOKEN };
    expect(problemsOf(parseAgentConfig, sourcesOf(directory, { yaml, environment }))).toEqual([
      'settings.yaml:10: joinTokenFile and joinToken are both set: keep one of them',
    ]);
  });

  it.each([
    { more: '', environment: {}, proxyUrl: undefined },
    { more: '', environment: { HTTPS_PROXY: 'http://proxy:1' }, proxyUrl: 'http://proxy:1' },
    {
      more: '',
      environment: { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: '.example.com' },
      proxyUrl: undefined,
    },
    {
      more: 'proxyUrl: http://own:2',
      environment: { HTTPS_PROXY: 'http://proxy:1' },
      proxyUrl: 'http://own:2',
    },
    { more: 'proxyUrl: direct', environment: { HTTPS_PROXY: 'http://proxy:1' }, proxyUrl: undefined },
  ])('chooses the proxy $proxyUrl for "$more" and $environment', ({ more, environment, proxyUrl }) => {
    const { directory, yaml } = agentFiles(more);
    expect(parseAgentConfig(sourcesOf(directory, { yaml, environment })).proxyUrl).toBe(proxyUrl);
  });

  it('names all problems at once, those of files too', () => {
    const { directory, yaml } = agentFiles('tunnels: 0\nprivateListen: nowhere\ngatewayCaFile: token\n');
    writeFileSync(join(directory, 'token'), ' \n');
    const environment = { HTTPS_PROXY: 'ftp://proxy' };
    const problems = problemsOf(parseAgentConfig, sourcesOf(directory, { yaml, environment }));
    expect(problems.map((problem) => problem.split(' ').slice(0, 3).join(' '))).toEqual([
      'settings.yaml:12: gatewayCaFile names',
      'settings.yaml:9: upstream.tokenFile names',
      'settings.yaml:10: tunnels must',
      'settings.yaml:11: privateListen must',
    ]);
  });

  it('names a proxy of the environment that cannot be used', () => {
    const { directory, yaml } = agentFiles();
    expect(
      problemsOf(parseAgentConfig, sourcesOf(directory, { yaml, environment: { HTTPS_PROXY: 'ftp://p' } })),
    ).toEqual([
      'HTTPS_PROXY is not a proxy address that can be used. Set it to http://host:port; a user and a password stand before the host, as in any address',
    ]);
  });

  it('has no flag for a secret', () => {
    const { directory, yaml } = agentFiles();
    const flags = { '--join-token': JOIN_TOKEN, '--proxy-url': 'http://user:password@proxy:1' };
    const config = parseAgentConfig(sourcesOf(directory, { yaml, flags }));
    expect(config).not.toHaveProperty('joinToken');
    expect(config).not.toHaveProperty('proxyUrl');
  });
});
