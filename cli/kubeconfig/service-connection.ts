// What the form of an Azure Pipelines service connection of the type Kubernetes wants, for each of its two methods
// that lead anywhere but to AKS. Standard output carries what goes into the fields; standard error says into which.
import type { CertificateFinding } from './certificate-check.ts';
import { isoTime, tokenWarning } from './service-account-token.ts';
import type { ServiceAccountToken } from './service-account-token.ts';

export interface FormField {
  /** As the form labels it. */
  readonly label: string;
  readonly text: string;
}

export interface ServiceConnectionForm {
  readonly method: 'Kubeconfig' | 'Service account';
  readonly fields: readonly FormField[];
  /** What else to know or to do, a sentence each. */
  readonly remarks: readonly string[];
  readonly warnings: readonly string[];
}

/** The tasks write the text to a file as it is and set KUBECONFIG: whatever kubectl understands works. */
export function kubeconfigForm(kubeconfig: string, plugin: string): ServiceConnectionForm {
  return {
    method: 'Kubeconfig',
    fields: [{ label: 'Kubeconfig', text: kubeconfig.trimEnd() }],
    remarks: [
      'Leave "Cluster context" empty and "Accept untrusted certificates" off.',
      `It holds no secret: the job needs ${plugin} on its PATH, and an identity of its own.`,
    ],
    warnings: [],
  };
}

export interface ServiceAccountConnection {
  /** With the path of the cluster: the tasks make a kubeconfig of this, and none of them sets a TLS server name. */
  readonly serverUrl: string;
  /** It takes the place of the system's roots, so it must be the CA that signs what this host shows. */
  readonly caPem: string;
  readonly token: ServiceAccountToken;
}

/** The fields of the Secret that the tasks read: kubernetes-common's kubectlutility.ts. */
export function serviceAccountForm(
  connection: ServiceAccountConnection,
  nowMs: number,
): ServiceConnectionForm {
  const { serverUrl, caPem, token } = connection;
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    data: { 'ca.crt': base64(caPem), token: base64(token.token) },
  };
  const warning = tokenWarning(token, nowMs);
  const until = token.expiresAtMs === undefined ? 'for ever' : `until ${isoTime(token.expiresAtMs)}`;
  return {
    method: 'Service account',
    fields: [
      { label: 'Server URL', text: serverUrl },
      { label: 'Secret', text: JSON.stringify(secret) },
    ],
    remarks: [
      `The token is of ${token.subject} and good ${until}.`,
      'The Secret is one: keep it out of files, chats and logs.',
    ],
    warnings: warning === undefined ? [] : [warning],
  };
}

/** The form with what was found out about the CA in it: the wrong one is a warning, one that was not tried a remark. */
export function withCertificateFinding(
  form: ServiceConnectionForm,
  host: string,
  { outcome, code = 'unknown' }: CertificateFinding,
): ServiceConnectionForm {
  if (outcome === 'signed') return form;
  if (outcome === 'unreachable') {
    const remark = `Whether the CA signs what ${host} shows was not seen: it is not reached from here (${code}).`;
    return { ...form, remarks: [...form.remarks, remark] };
  }
  const warning = `the CA of --ca is not the one that signs what ${host} shows (${code}): no job would get further`;
  return { ...form, warnings: [...form.warnings, warning] };
}

/** Each field's text is a line or more of standard output, in the order of the form; the last one has the rest. */
export function writeForm(
  form: ServiceConnectionForm,
  streams: { readonly stdout: (text: string) => void; readonly stderr: (text: string) => void },
): void {
  const say = (line: string): void => streams.stderr(`cluster-connect: ${line}\n`);
  say(`New service connection, type Kubernetes, authentication method "${form.method}".`);
  for (const warning of form.warnings) say(`warning: ${warning}`);
  for (const { label, text } of form.fields) {
    say(`Field "${label}":`);
    streams.stdout(`${text}\n`);
  }
  for (const remark of form.remarks) say(remark);
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
