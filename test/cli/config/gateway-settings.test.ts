import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGatewayConfig } from '../../../cli/config/gateway-settings.ts';
import { createAuthority } from '../../../gateway/index.ts';
import { ConfigError } from '../../../observe/index.ts';
import { temporaryDirectory } from '../run-command.ts';
import { TENANT, problemsOf, sourcesOf } from './settings-sources.ts';

const LEAST = `
publicUrl: https://relay.example.com
entra:
  tenants: [${TENANT}]
  audiences: [api://clusters]
`;

// Each list holds the one before it nine times.
const ALIAS_BOMB = [
  'a: &a [x]',
  ...'bcdefghi'.split('').map((name, index) => bombLine(name, 'abcdefgh'.charAt(index))),
].join('\n');

function bombLine(name: string, inner: string): string {
  return `${name}: &${name} [${`*${inner},`.repeat(9)}]`;
}

describe('parseGatewayConfig', () => {
  it('needs three settings and has defaults for the rest', () => {
    const config = parseGatewayConfig(sourcesOf(temporaryDirectory(), { yaml: LEAST }));
    expect(config).toEqual({
      listen: { host: '0.0.0.0', port: 8443 },
      privateListen: { host: '127.0.0.1', port: 9090 },
      processes: 'auto',
      publicUrl: 'https://relay.example.com',
      dataDir: '/var/lib/cluster-connect',
      clusterDomain: 'cluster-connect.internal',
      entra: {
        authorityHost: 'https://login.microsoftonline.com',
        tenants: [TENANT],
        audiences: ['api://clusters'],
        usernameClaim: 'oid',
        requiredScopes: [],
        requiredRoles: [],
        accept: 'either',
        popLifetimeMs: 900_000,
        groupsOverage: 'fail',
        clockSkewSeconds: 60,
      },
      access: [],
      serviceAccounts: [],
      tokenGraceMs: 0,
      popHolder: 'address',
      drainTimeoutMs: 30_000,
      logLevel: 'info',
    });
  });

  it('is frozen all the way down', () => {
    const config = parseGatewayConfig(sourcesOf(temporaryDirectory(), { yaml: LEAST }));
    expect([config, config.listen, config.entra, config.entra.tenants].every(Object.isFrozen)).toBe(true);
  });

  it('takes flags over environment over file', () => {
    const yaml = `${LEAST}\nlisten: 1.1.1.1:1\ndrainTimeout: 1s\nlogLevel: debug\n`;
    const environment = { CLUSTER_CONNECT_LISTEN: '2.2.2.2:2', CLUSTER_CONNECT_DRAIN_TIMEOUT: '2s' };
    const config = parseGatewayConfig(
      sourcesOf(temporaryDirectory(), { yaml, environment, flags: { '--listen': '3.3.3.3:3' } }),
    );
    expect(config.listen).toEqual({ host: '3.3.3.3', port: 3 });
    expect(config.drainTimeoutMs).toBe(2000);
    expect(config.logLevel).toBe('debug');
  });

  it.each([
    ['file', 'processes: 3', {}, 3],
    ['file', 'processes: auto', {}, 'auto'],
    ['flag', '', { '--processes': '2' }, 2],
    ['flag', 'processes: 4', { '--processes': 'auto' }, 'auto'],
  ])('takes the number of processes from a %s: %s %o', (_from, line, flags, processes) => {
    const yaml = `${LEAST}\n${line}\n`;
    expect(parseGatewayConfig(sourcesOf(temporaryDirectory(), { yaml, flags })).processes).toBe(processes);
  });

  it.each(['0', '65', '1.5', '-1', 'many', '""', '[2]'])('refuses %s processes', (value) => {
    const sources = sourcesOf(temporaryDirectory(), { yaml: `${LEAST}\nprocesses: ${value}\n` });
    expect(() => parseGatewayConfig(sources)).toThrow(/settings\.yaml:\d+: processes must be /);
  });

  it('needs no file when the environment says all', () => {
    const environment = {
      CLUSTER_CONNECT_PUBLIC_URL: 'https://Relay.example.com/',
      CLUSTER_CONNECT_ENTRA_TENANTS: `${TENANT}, ${TENANT.replaceAll('1', 'A')}`,
      CLUSTER_CONNECT_ENTRA_AUDIENCES: 'a,b',
      CLUSTER_CONNECT_ENTRA_CLOCK_SKEW_SECONDS: '60',
      CLUSTER_CONNECT_ACCESS: `[{clusters: ['*'], role: viewer, users: [${TENANT}]}]`,
      CLUSTER_CONNECT_LOG_LEVEL: '',
      CLUSTER_CONNECT_PORT_8443_TCP_ADDR: 'a Service link of Kubernetes',
      CLUSTER_CONNECT_GATEWAY_URL: 'a setting of the agent',
    };
    const config = parseGatewayConfig(sourcesOf(temporaryDirectory(), { environment }));
    expect(config.publicUrl).toBe('https://relay.example.com');
    expect(config.entra.tenants).toEqual([TENANT, TENANT.replaceAll('1', 'a')]);
    expect(config.entra.clockSkewSeconds).toBe(60);
    expect(config.access).toEqual([
      { clusters: ['*'], role: 'viewer', users: [TENANT], groups: [], applications: [] },
    ]);
  });

  it('starts relative paths at the file, or at the working directory when set elsewhere', () => {
    const directory = temporaryDirectory();
    const yaml = `${LEAST}\ndataDir: data\n`;
    const sources = { ...sourcesOf(directory, { yaml }), workingDirectory: '/elsewhere' };
    expect(parseGatewayConfig(sources).dataDir).toBe(join(directory, 'data'));
    const byFlag = { ...sources, flags: { '--data-dir': 'data' } };
    expect(parseGatewayConfig(byFlag).dataDir).toBe('/elsewhere/data');
  });

  it('names all problems of all layers at once, each with its place', () => {
    const yaml = [
      'publicUrl: http://relay.example.com', // 1
      'listne: 0.0.0.0:1',
      'entra:',
      '  tenants: [nonsense, 11111111-2222-3333-4444-555555555555]',
      '  tenant: x', // 5
      'access:',
      "  - clusters: ['*', 'Bad_Name']",
      '    role: root',
      '    users: [alice]',
      '  - clusters: [a]', // 10
      '    role: user',
      'tls:',
      '  certificateFile: missing.pem',
    ].join('\n');
    const environment = { CLUSTER_CONNECT_DRAIN_TIMEOUT: '2h', CLUSTER_CONNECT_DRIAN_TIMEOUT: '1s' };
    const flags = { '--entra-clock-skew-seconds': '61', '--cluster-domain': 'Bad' };
    expect(
      problemsOf(
        parseGatewayConfig,
        sourcesOf(temporaryDirectory(), { yaml, environment, flags }),
      ).toSorted(),
    ).toEqual(
      [
        '--cluster-domain: clusterDomain must be a DNS name in lower case, such as clusters.example.com',
        '--entra-clock-skew-seconds: entra.clockSkewSeconds must be at most 60',
        'CLUSTER_CONNECT_DRAIN_TIMEOUT: drainTimeout must be a duration such as 30s, 5m or 1h, at most 1h',
        'CLUSTER_CONNECT_DRIAN_TIMEOUT: there is no such setting',
        'entra.audiences is required: set it in settings.yaml, --entra-audiences or CLUSTER_CONNECT_ENTRA_AUDIENCES',
        'settings.yaml:10: access[1] names nobody: give users, groups or applications',
        'settings.yaml:13: tls.certificateFile names missing.pem, which does not exist',
        'settings.yaml:1: publicUrl must be an https address without a path, such as https://relay.example.com',
        'settings.yaml:2: listne is not a setting (there are: listen, privateListen, processes, publicUrl, dataDir, clusterDomain, hostDomain, tls, entra, access, serviceAccounts, denyListFile, tokenGrace, popHolder, drainTimeout, logLevel)',
        'settings.yaml:4: entra.tenants[0] must be a GUID such as 11111111-2222-3333-4444-555555555555',
        'settings.yaml:5: entra.tenant is not a setting (there are: authorityHost, tenants, audiences, usernameClaim, requiredScopes, requiredRoles, accept, popLifetime, groupsOverage, graph, clockSkewSeconds, authorityCaFile)',
        'settings.yaml:7: access[0].clusters[1] must be a cluster name (a-z, 0-9 and -, at most 63) or *',
        'settings.yaml:8: access[0].role must be one of viewer, user, admin',
        'settings.yaml:9: access[0].users[0] must be a GUID such as 11111111-2222-3333-4444-555555555555',
        'tls.privateKeyFile is required: set it in settings.yaml, --tls-private-key-file or CLUSTER_CONNECT_TLS_PRIVATE_KEY_FILE',
      ].toSorted(),
    );
  });

  it.each([
    { yaml: '[a', says: 'settings.yaml:1: is not valid YAML' },
    { yaml: 'listen: 1.1.1.1:1\nlisten: 2.2.2.2:2\n', says: 'settings.yaml:2: is not valid YAML' },
    { yaml: 'a: b\n---\nc: d\n', says: 'is not valid YAML' },
    { yaml: 'just text', says: 'settings.yaml must hold keys and values' },
    { yaml: 'entra: 5', says: 'entra must be keys and values' },
    { yaml: 'entra: [a]', says: 'entra must be keys and values' },
    { yaml: 'tokenGrace: 5', says: 'tokenGrace must be a duration such as 30s, 5m or 1h, at most 1h' },
    { yaml: 'listen: 8443', says: 'listen must be an address and a port' },
    { yaml: 'access: none', says: 'access must be a list' },
    { yaml: 'entra: {clockSkewSeconds: 1.5}', says: 'clockSkewSeconds must be a whole number' },
    { yaml: 'entra: {tenants: []}', says: 'entra.tenants must not be empty' },
    { yaml: '__proto__: {publicUrl: https://evil.example}', says: '__proto__ is not a setting' },
    { yaml: 'constructor: x', says: 'constructor is not a setting' },
    {
      yaml: ALIAS_BOMB,
      says: 'more aliases',
    },
    { yaml: `# ${'x'.repeat(1_048_576)}`, says: 'is too large' },
  ])('refuses $yaml', ({ yaml, says }) => {
    const problems = problemsOf(parseGatewayConfig, sourcesOf(temporaryDirectory(), { yaml }));
    expect(problems.join('\n')).toContain(says);
  });

  it.each([
    { more: 'clusterDomain: example.com', says: 'publicUrl must not lie under clusterDomain' },
    { more: 'hostDomain: cluster-connect.internal', says: 'hostDomain must differ from clusterDomain' },
    { more: 'hostDomain: relay.example.com', says: "hostDomain must differ from the publicUrl's host" },
  ])('refuses names that mean two things: $more', ({ more, says }) => {
    const problems = problemsOf(parseGatewayConfig, sourcesOf(temporaryDirectory(), { yaml: LEAST + more }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(says);
  });

  it('reads the extra CA of the authority, and only its certificates', () => {
    const directory = temporaryDirectory();
    const { certificatePem } = createAuthority('test');
    const { privateKeyPem } = createAuthority('other').issueServerCertificate({ dnsNames: ['x.example'] });
    writeFileSync(join(directory, 'ca.pem'), privateKeyPem + certificatePem);
    const yaml = `${LEAST}  authorityCaFile: ca.pem\n`;
    const { entra } = parseGatewayConfig(sourcesOf(directory, { yaml }));
    expect(entra.authorityCa?.trim()).toBe(certificatePem.trim());
    expect(entra).not.toHaveProperty('authorityCaFile');
  });

  it('checks that the certificate and its key belong together', () => {
    const directory = temporaryDirectory();
    const authority = createAuthority('test');
    const [one, other] = [1, 2].map(() =>
      authority.issueServerCertificate({ dnsNames: ['relay.example.com'] }),
    );
    writeFileSync(join(directory, 'cert.pem'), one?.certificatePem ?? '');
    writeFileSync(join(directory, 'key.pem'), one?.privateKeyPem ?? '');
    writeFileSync(join(directory, 'other.pem'), other?.privateKeyPem ?? '');
    const yaml = (key: string) => `${LEAST}tls:\n  certificateFile: cert.pem\n  privateKeyFile: ${key}\n`;
    expect(problemsOf(parseGatewayConfig, sourcesOf(directory, { yaml: yaml('key.pem') }))).toEqual([]);
    const problems = problemsOf(parseGatewayConfig, sourcesOf(directory, { yaml: yaml('other.pem') }));
    expect(problems).toEqual(['settings.yaml:8: tls.privateKeyFile is not the key of tls.certificateFile']);
    const swapped = problemsOf(parseGatewayConfig, sourcesOf(directory, { yaml: yaml('cert.pem') }));
    expect(swapped.join()).toContain('holds no usable PEM private key');
  });

  it('lets nothing but ConfigError escape, whatever the file holds', () => {
    const directory = temporaryDirectory();
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (yaml) => {
        expect(() => parseGatewayConfig(sourcesOf(directory, { yaml }))).toThrow(ConfigError);
      }),
      { numRuns: 150 },
    );
  });
});
