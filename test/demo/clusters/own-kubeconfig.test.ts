import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { castOf } from '../../../demo/cast.ts';
import { agentObjects } from '../../../demo/clusters/agent-objects.ts';
import { readOwnUpstream } from '../../../demo/clusters/own-kubeconfig.ts';
import { DEFAULT_DIRECTORY } from '../../../demo/entra/index.ts';

const config = (cluster: object): string => JSON.stringify({ clusters: [{ name: 'c', cluster }] });
const CA = Buffer.from('PEM').toString('base64');

describe('a kubeconfig of your own', () => {
  it('gives the address and the CA of its cluster', () => {
    const text = config({ server: 'https://k8s.example.com:6443', 'certificate-authority-data': CA });
    expect(readOwnUpstream(text)).toEqual({ server: 'https://k8s.example.com:6443', caPem: 'PEM' });
  });

  it("means the system's roots where it has no CA", () => {
    const { caPem } = readOwnUpstream(config({ server: 'https://k8s.example.com' }));
    expect(caPem).toContain(rootCertificates[0]);
  });

  it.each([
    { cluster: { server: 'http://k8s.example.com' }, why: 'which is not https' },
    { cluster: { server: 'https://rancher.example.com/k8s/c-1' }, why: 'not to a path of a proxy' },
    {
      cluster: { server: 'https://k8s', 'insecure-skip-tls-verify': true },
      why: 'sets insecure-skip-tls-verify',
    },
    { cluster: { server: 'https://k8s', 'proxy-url': 'http://p' }, why: 'sets proxy-url' },
    { cluster: {}, why: 'names no server' },
  ])('is refused with $cluster, saying why', ({ cluster, why }) => {
    expect(() => readOwnUpstream(config(cluster))).toThrow(why);
  });

  it('without a cluster is refused', () => {
    expect(() => readOwnUpstream('{"clusters":null}')).toThrow('has no cluster');
  });
});

describe("the agent's rights in a cluster of your own", () => {
  it('are to impersonate the people of the demo, by name, and nobody else', () => {
    const cast = castOf(DEFAULT_DIRECTORY);
    const role = agentObjects('demo', cast).find(({ kind }) => kind === 'ClusterRole');
    expect(role).toMatchObject({
      rules: [
        {
          resources: ['users'],
          verbs: ['impersonate'],
          resourceNames: expect.arrayContaining([cast.alice.objectId]),
        },
        { resources: ['groups'], resourceNames: [cast.adminsGroupId, cast.developersGroupId] },
        { apiGroups: ['authentication.k8s.io'], verbs: ['impersonate'] },
      ],
    });
    expect(JSON.stringify(role)).not.toContain('system:');
  });
});
