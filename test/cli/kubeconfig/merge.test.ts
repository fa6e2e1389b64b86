import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CliError } from '../../../cli/cli-error.ts';
import { kubeconfigEntries } from '../../../cli/kubeconfig/entries.ts';
import type { KubeconfigRequest } from '../../../cli/kubeconfig/entries.ts';
import { ownPlugin } from '../../../cli/kubeconfig/exec-plugin.ts';
import { mergeKubeconfig, newKubeconfig } from '../../../cli/kubeconfig/merge.ts';

const REQUEST: KubeconfigRequest = {
  gatewayUrl: 'https://relay.example.com:8443',
  clusterName: 'factory-7',
  route: 'name',
  clusterDomain: 'cluster-connect.internal',
  ca: 'PEM',
  context: 'factory-7',
  exec: { command: 'cluster-connect', args: ['get-token', '--login', 'spn'], installHint: 'not on PATH' },
  interactiveMode: 'IfAvailable',
};
const OWN_ADDRESS = `{ server: "${REQUEST.gatewayUrl}", tls-server-name: factory-7.cluster-connect.internal }`;
const HINT = ownPlugin(REQUEST.exec, {}).installHint;
const ENTRIES = kubeconfigEntries(REQUEST);
const options = { setCurrent: true, overwrite: false, fileName: 'config' };

const FOREIGN = `# my clusters
apiVersion: v1
kind: Config
preferences: {} # empty
clusters:
  # at home
  - name: home
    cluster:
      server: https://10.0.0.1:6443
      certificate-authority-data: ${'QUJD'.repeat(100)}
contexts:
  - { name: home, context: { cluster: home, user: me } }
users:
  - name: me
    user:
      client-key-data: c2VjcmV0
current-context: home
x-own-key: kept
`;

describe('kubeconfigEntries', () => {
  it.each([
    { route: 'name', server: 'https://relay.example.com:8443', name: 'factory-7.cluster-connect.internal' },
    { route: 'path', server: 'https://relay.example.com:8443/clusters/factory-7', name: undefined },
    { route: 'host', server: 'https://factory-7.clusters.example.com:8443', name: undefined },
  ] as const)('names the cluster by $route', ({ route, server, name }) => {
    const { cluster } = kubeconfigEntries({ ...REQUEST, route, hostDomain: 'clusters.example.com' });
    expect(cluster['server']).toBe(server);
    expect(cluster['tls-server-name']).toBe(name);
    expect(cluster['certificate-authority-data']).toBe('UEVN');
  });

  it('tells kubectl how to get a token', () => {
    expect(ENTRIES.user).toEqual({
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: 'cluster-connect',
        args: ['get-token', '--login', 'spn'],
        interactiveMode: 'IfAvailable',
        provideClusterInfo: false,
        installHint: 'not on PATH',
      },
    });
  });
});

describe('mergeKubeconfig', () => {
  it.each([
    { what: 'an empty file', text: '' },
    { what: 'a comment', text: '# mine\n' },
    {
      what: 'null lists, as kubectl writes them',
      text: 'apiVersion: v1\nkind: Config\nclusters: null\ncontexts: null\nusers: null\n',
    },
    { what: 'empty lists', text: 'clusters: []\nusers: []\ncontexts: []\ncurrent-context: ""\n' },
    { what: 'JSON', text: '{"apiVersion":"v1","kind":"Config","clusters":[],"users":[],"contexts":[]}' },
  ])('makes a whole kubeconfig of $what', ({ text }) => {
    expect(parse(mergeKubeconfig(text, ENTRIES, options))).toEqual(parse(newKubeconfig(ENTRIES)));
    expect(parse(newKubeconfig(ENTRIES))).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'factory-7', cluster: ENTRIES.cluster }],
      users: [{ name: 'factory-7', user: ENTRIES.user }],
      contexts: [{ name: 'factory-7', context: { cluster: 'factory-7', user: 'factory-7' } }],
      'current-context': 'factory-7',
    });
  });

  it('leaves everything else byte for byte as it was, comments too', () => {
    const merged = mergeKubeconfig(FOREIGN, ENTRIES, { ...options, setCurrent: false });
    const kept = merged.split('\n');
    for (const line of FOREIGN.split('\n')) expect(kept).toContain(line);
    expect(parse(merged)['current-context']).toBe('home');
    expect(parse(merged).users.map((user: { name: string }) => user.name)).toEqual(['me', 'factory-7']);
  });

  it('makes the new context the current one', () => {
    expect(parse(mergeKubeconfig(FOREIGN, ENTRIES, options))['current-context']).toBe('factory-7');
  });

  it('replaces its own entries, however often, and keeps the namespace that was chosen', () => {
    const once = mergeKubeconfig(FOREIGN, ENTRIES, options);
    const chosen = once.replace('      user: factory-7', '      user: factory-7\n      namespace: line-4');
    const other = kubeconfigEntries({ ...REQUEST, route: 'path', gatewayUrl: 'https://new.example.com' });
    const again = mergeKubeconfig(chosen, other, { ...options, overwrite: true });
    const value = parse(again);
    expect(value.clusters.map((entry: { name: string }) => entry.name)).toEqual(['home', 'factory-7']);
    expect(value.clusters[1].cluster.server).toBe('https://new.example.com/clusters/factory-7');
    expect(value.clusters[1].cluster).not.toHaveProperty('tls-server-name');
    expect(value.contexts[1].context).toEqual({
      cluster: 'factory-7',
      user: 'factory-7',
      namespace: 'line-4',
    });
    expect(mergeKubeconfig(again, other, options)).toBe(again);
  });

  it('makes one of several entries with the same name', () => {
    const twice = `clusters:\n${`- name: factory-7\n  cluster: ${OWN_ADDRESS}\n`.repeat(2)}- name: home\n`;
    const { clusters } = parse(mergeKubeconfig(twice, ENTRIES, options));
    expect(clusters.map((entry: { name: string }) => entry.name)).toEqual(['factory-7', 'home']);
  });

  it('L2: does not replace other credentials unless told to', () => {
    const text = 'users:\n- name: factory-7\n  user: { client-key-data: the-only-copy }\n';
    expect(() => mergeKubeconfig(text, ENTRIES, options)).toThrow(
      expect.objectContaining({ code: 'CC_ERR_CLI_USAGE', advice: expect.stringContaining('--overwrite') }),
    );
    expect(mergeKubeconfig(text, ENTRIES, { ...options, overwrite: true })).not.toContain('the-only-copy');
  });

  const theirs = (list: string, member: string, entry: string): string =>
    `${list}:\n- name: factory-7\n  ${member}: ${entry}\n`;
  const users = (exec: string): string => theirs('users', 'user', `{ exec: ${exec} }`);

  it.each([
    { what: 'a cluster elsewhere', text: theirs('clusters', 'cluster', '{ server: https://prod.example }') },
    {
      what: 'a cluster of another name at the gateway',
      text: theirs('clusters', 'cluster', `{ server: "${REQUEST.gatewayUrl}", tls-server-name: b.example }`),
    },
    {
      what: 'a cluster behind an alias',
      text: `x: &prod { server: https://prod.example }\n${theirs('clusters', 'cluster', '*prod')}`,
    },
    {
      what: 'a context of another cluster',
      text: theirs('contexts', 'context', '{ cluster: prod, user: factory-7 }'),
    },
    {
      what: 'a context of another user',
      text: theirs('contexts', 'context', '{ cluster: factory-7, user: root }'),
    },
    { what: 'another plugin with get-token', text: users('{ command: aws, args: [eks, get-token] }') },
    { what: 'another get-token', text: users('{ command: gcp-helper, args: [get-token] }') },
    { what: 'another program of node', text: users('{ command: node, args: [/opt/other.js, get-token] }') },
  ])('L2: does not replace $what unless told to', ({ text }) => {
    expect(() => mergeKubeconfig(text, ENTRIES, options)).toThrow(
      expect.objectContaining({ code: 'CC_ERR_CLI_USAGE', advice: expect.stringContaining('--overwrite') }),
    );
    const merged = parse(mergeKubeconfig(text, ENTRIES, { ...options, overwrite: true }));
    expect([merged.clusters, merged.users, merged.contexts]).toEqual([
      [{ name: 'factory-7', cluster: ENTRIES.cluster }],
      [{ name: 'factory-7', user: ENTRIES.user }],
      [{ name: 'factory-7', context: ENTRIES.context }],
    ]);
  });

  it.each([
    '{ command: cluster-connect, args: [get-token, --login, msi] }',
    '{ command: /usr/local/bin/cluster-connect, args: [get-token] }',
    '{ command: "C:\\\\tools\\\\cluster-connect.cmd", args: [get-token] }',
    '{ command: /opt/node/bin/node, args: [/opt/cluster-connect/dist/cli/main.js, get-token] }',
    '{ command: /opt/node/bin/node, args: [/usr/local/bin/cluster-connect, get-token] }',
    '{ command: kubelogin.exe, args: [get-token, --server-id, x] }',
    `{ command: /opt/cc, args: [get-token], installHint: ${JSON.stringify(HINT)} }`,
  ])('replaces the plugin of an earlier run: %s', (exec) => {
    expect(parse(mergeKubeconfig(users(exec), ENTRIES, options)).users).toEqual([
      { name: 'factory-7', user: ENTRIES.user },
    ]);
  });

  it("keeps its owner's way out and the environment of the plugin, in a second run", () => {
    const env = '        env: [{ name: HTTPS_PROXY, value: http://proxy:3128 }]\n';
    const text = newKubeconfig(ENTRIES)
      .replace(/^ +server:/m, '      proxy-url: http://proxy:3128\n      disable-compression: true\n$&')
      .replace(/^ +provideClusterInfo:/m, `${env}$&`);
    const before = parse(text);
    expect(before.users[0].user.exec.env).toEqual([{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }]);
    const exec = { command: 'cluster-connect', args: ['get-token'], installHint: 'x' };
    const {
      clusters,
      users: [user],
    } = parse(mergeKubeconfig(text, kubeconfigEntries({ ...REQUEST, exec }), options));
    expect(clusters).toEqual(before.clusters);
    expect(clusters[0].cluster).toMatchObject({
      'proxy-url': 'http://proxy:3128',
      'disable-compression': true,
    });
    expect(user.user.exec).toMatchObject({ args: ['get-token'], env: before.users[0].user.exec.env });
  });

  it("leaves out the environment of somebody else's plugin that it replaces", () => {
    const text = users('{ command: aws, args: [eks, get-token], env: [{ name: AWS_PROFILE, value: prod }] }');
    const merged = mergeKubeconfig(text, ENTRIES, { ...options, overwrite: true });
    expect(merged).not.toContain('AWS_PROFILE');
  });

  it.each([
    { what: 'broken YAML', text: 'clusters: [' },
    { what: 'two documents', text: 'a: b\n---\nc: d\n' },
    { what: 'a list', text: '- a\n' },
    { what: 'a text', text: 'hello' },
    { what: 'another kind', text: 'kind: Deployment\n' },
    { what: 'clusters that are no list', text: 'clusters: {a: b}\n' },
    {
      what: 'an alias into what is replaced',
      text: `clusters:\n- name: factory-7\n  cluster: &c ${OWN_ADDRESS}\n- name: b\n  cluster: *c\n`,
    },
  ])('refuses $what and says that nothing was changed', ({ text }) => {
    expect(() => mergeKubeconfig(text, ENTRIES, options)).toThrow(
      expect.objectContaining({
        code: 'CC_ERR_CLI_KUBECONFIG_INVALID',
        advice: expect.stringContaining('not changed'),
      }),
    );
  });

  it('gives a kubeconfig or a CliError for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          const merged = parse(mergeKubeconfig(text, ENTRIES, options));
          expect(merged['current-context']).toBe('factory-7');
        } catch (error) {
          expect(error).toBeInstanceOf(CliError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
