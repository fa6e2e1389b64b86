import { describe, expect, it } from 'vitest';
import { kubeloginPlugin, ownPlugin } from '../../../cli/kubeconfig/exec-plugin.ts';
import type { PluginSignIn } from '../../../cli/kubeconfig/exec-plugin.ts';

const CLUSTER_ID = '0b9a3c52-93d4-4c6b-8a0e-2f5b7d9e1a01';
const SIGN_IN: PluginSignIn = {
  login: 'interactive',
  tenant: 'contoso.com',
  clientId: '22222222-2222-3333-4444-555555555555',
  serverId: 'api://clusters',
};
const kubelogin = (signIn: PluginSignIn): readonly string[] => kubeloginPlugin('kubelogin', signIn).args;
const own = (signIn: PluginSignIn): readonly string[] =>
  ownPlugin({ command: 'cluster-connect', args: [] }, signIn).args;

describe('ownPlugin', () => {
  it('writes down what was given, and leaves the rest to the environment of the call', () => {
    expect(own({ serverId: 'x' })).toEqual(['get-token', '--server-id', 'x']);
    expect(own({ ...SIGN_IN, authorityCa: '/x/ca.pem', proofFor: CLUSTER_ID })).toEqual(
      [
        'get-token --login interactive --tenant contoso.com',
        `--client-id ${SIGN_IN.clientId} --server-id api://clusters`,
        `--authority-ca /x/ca.pem --pop-enabled --pop-claims u=${CLUSTER_ID}`,
      ].flatMap((line) => line.split(' ')),
    );
  });
});

describe('kubeloginPlugin', () => {
  it('names its flags as kubelogin reads them', () => {
    expect(kubeloginPlugin('/opt/kubelogin', SIGN_IN)).toEqual({
      command: '/opt/kubelogin',
      args: [
        'get-token',
        '--login',
        'interactive',
        '--server-id',
        'api://clusters',
        '--client-id',
        SIGN_IN.clientId,
        '--tenant-id',
        'contoso.com',
        '--environment',
        'AzurePublicCloud',
      ],
      installHint: expect.stringContaining('kubelogin is not installed'),
    });
  });

  it.each([
    ['https://login.microsoftonline.com', 'AzurePublicCloud'],
    ['https://login.microsoftonline.us', 'AzureUSGovernmentCloud'],
    ['https://login.partner.microsoftonline.cn', 'AzureChinaCloud'],
    ['https://login.chinacloudapi.cn', 'AzureChinaCloud'],
  ])('calls the cloud of %s %s', (authorityHost, environment) => {
    const args = kubelogin({ ...SIGN_IN, authorityHost });
    expect(args.slice(-2)).toEqual(['--environment', environment]);
    expect(args).not.toContain('--authority-host');
  });

  it('gives any other host with the slash that it insists on, and no cloud', () => {
    expect(kubelogin({ serverId: 'x', authorityHost: 'https://entra.example:8443' })).toEqual([
      'get-token',
      '--server-id',
      'x',
      '--authority-host',
      'https://entra.example:8443/',
      '--disable-instance-discovery',
    ]);
  });

  it('makes a server id of a default scope, since it knows no other', () => {
    expect(kubelogin({ scope: 'api://clusters/.default' })).toContain('api://clusters');
    expect(() => kubelogin({ scope: 'api://clusters/read' })).toThrow(
      expect.objectContaining({ code: 'CC_ERR_CLI_USAGE', message: expect.stringContaining('scope') }),
    );
  });

  it('keeps its tokens where it is told', () => {
    const args = kubelogin({ ...SIGN_IN, tokenCacheDir: '/x/second' });
    expect(args.slice(-2)).toEqual(['--cache-dir', '/x/second']);
  });

  it.each(['interactive', 'spn'])('asks for a proof of possession with --login %s', (login) => {
    const args = kubelogin({ ...SIGN_IN, login, proofFor: CLUSTER_ID });
    expect(args.slice(-3)).toEqual(['--pop-enabled', '--pop-claims', `u=${CLUSTER_ID}`]);
  });

  it.each([undefined, 'devicecode', 'msi', 'azurecli', 'workloadidentity', 'azurepipelines'])(
    'is not asked for a proof with --login %s: it would bring a plain token and not say so',
    (login) => {
      expect(() => kubelogin({ ...SIGN_IN, login, proofFor: CLUSTER_ID })).toThrow(
        expect.objectContaining({
          code: 'CC_ERR_CLI_USAGE',
          advice: expect.stringContaining('interactive or spn'),
        }),
      );
    },
  );

  it('refuses the extra CA that it has no option for', () => {
    expect(() => kubelogin({ ...SIGN_IN, authorityCa: 'ca.pem' })).toThrow(
      expect.objectContaining({ code: 'CC_ERR_CLI_USAGE', advice: expect.stringContaining('SSL_CERT_FILE') }),
    );
  });
});
