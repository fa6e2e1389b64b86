// The settings that say who is let in, beyond tenants and rules: Graph, ServiceAccounts, the deny list, and the way out.
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseGatewayConfig } from '../../../cli/config/gateway-settings.ts';
import { temporaryDirectory } from '../run-command.ts';
import { TENANT, problemsOf, sourcesOf } from './settings-sources.ts';

const CLIENT = 'aaaaaaaa-0000-4000-8000-000000000001';
const LEAST = `
publicUrl: https://relay.example.com
entra:
  tenants: [${TENANT}]
  audiences: [api://clusters]
`;
const GRAPH = `${LEAST}
  groupsOverage: graph
  graph:
    clientId: ${CLIENT}
`;

let directory = '';
beforeEach(() => {
  directory = temporaryDirectory();
  writeFileSync(join(directory, 'secret'), 'a secret');
});

const parse = (yaml: string, environment: Record<string, string> = {}) =>
  parseGatewayConfig(sourcesOf(directory, { yaml, environment }));
const problems = (yaml: string): string[] => problemsOf(parseGatewayConfig, sourcesOf(directory, { yaml }));

describe('Graph', () => {
  it('is asked with the credential of a file, which is found beside the settings', () => {
    expect(parse(`${GRAPH}    clientSecretFile: secret\n`).entra).toMatchObject({
      groupsOverage: 'graph',
      graph: { clientId: CLIENT, clientSecretFile: join(directory, 'secret'), whenUnavailable: 'fail' },
    });
  });

  it.each([
    [GRAPH, 'entra.graph needs exactly one of clientSecretFile, certificateFile and federatedTokenFile'],
    [
      `${GRAPH}    clientSecretFile: secret\n    federatedTokenFile: secret\n`,
      'entra.graph needs exactly one of clientSecretFile, certificateFile and federatedTokenFile',
    ],
    [`${GRAPH}    clientSecretFile: none\n`, 'entra.graph.clientSecretFile names none, which does not exist'],
    [
      `${GRAPH.replace('groupsOverage: graph', '')}    clientSecretFile: secret\n`,
      'entra.graph is used only with entra.groupsOverage: graph',
    ],
    [`${LEAST}  groupsOverage: graph\n`, 'entra.groupsOverage graph needs entra.graph'],
    [
      `${GRAPH}    clientSecretFile: secret\n  authorityHost: https://login.example.test\n`,
      'entra.graph.origin is needed: the authority is none of Microsoft’s, which have their own',
    ],
  ])('is not asked with %s', (yaml, problem) => {
    expect(problems(yaml).join('\n')).toContain(problem);
  });
});

describe('ServiceAccounts', () => {
  const rule = (more: string): string =>
    `${LEAST}serviceAccounts:\n  - clusters: [edge]\n    role: user\n    issuers: [kubernetes/serviceaccount]\n${more}`;

  it('are known by the keys in a file beside the settings', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const keys = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] });
    writeFileSync(join(directory, 'keys.json'), keys);
    expect(parse(rule('    accounts: [ci:deployer]\n    keysFile: keys.json\n')).serviceAccounts).toEqual([
      {
        clusters: ['edge'],
        role: 'user',
        issuers: ['kubernetes/serviceaccount'],
        accounts: ['ci:deployer'],
        keys,
      },
    ]);
  });

  it.each([
    [
      '    accounts: [ci:deployer]\n    keysFile: none\n',
      'serviceAccounts[0].keysFile names none, which does not exist',
    ],
    [
      '    accounts: [ci:deployer]\n    keysFile: secret\n',
      'serviceAccounts[0].keysFile names secret, which is not JSON',
    ],
    [
      '    accounts: [deployer]\n    keysFile: none\n',
      'serviceAccounts[0].accounts[0] must be namespace:name',
    ],
    ['    accounts: []\n    keysFile: none\n', 'serviceAccounts[0].accounts must not be empty'],
  ])('are refused with %j', (more, problem) => {
    expect(problems(rule(more)).join('\n')).toContain(problem);
  });
});

it('ServiceAccounts of one cluster do not get a rule for all of them', () => {
  const rule =
    '  - clusters: ["*"]\n    role: user\n    issuers: [x]\n    accounts: [ci:deployer]\n    keysFile: none\n';
  expect(problems(`${LEAST}serviceAccounts:\n${rule}`).join('\n')).toContain(
    'serviceAccounts[0].clusters[0] must be a cluster name',
  );
});

describe('the deny list', () => {
  it('is read at start, and named when it is wrong', () => {
    expect(problems(`${LEAST}denyListFile: secret\n`)).toEqual([
      'settings.yaml:6: denyListFile names secret, which has a line 1 that begins with none of user, application, token, service-account',
    ]);
    writeFileSync(join(directory, 'deny'), `user ${CLIENT}\n`);
    expect(parse(`${LEAST}denyListFile: deny\n`).denyListFile).toBe(join(directory, 'deny'));
  });
});

it('keys and Graph are fetched through the proxy of the environment, each by its own name', () => {
  const environment = { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: 'graph.microsoft.com' };
  const { entra } = parse(`${GRAPH}    clientSecretFile: secret\n`, environment);
  expect(entra.authorityProxyUrl).toBe('http://proxy.example:3128');
  expect(entra).not.toHaveProperty('graphProxyUrl');
});
