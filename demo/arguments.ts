// The demo's own command line.
import { parseArgs } from 'node:util';
import { DemoError } from './demo-error.ts';

export interface DemoArguments {
  readonly help: boolean;
  /** End after the tour, with an exit code that says whether each step was as expected. */
  readonly once: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
}

export const HELP = `npm run demo -- [--once] [--kubeconfig FILE [--context NAME]]

Starts a stand-in for Microsoft Entra, a gateway, a cluster without an inbound port, and its agent; then
walks through a tour with kubectl, or with plain HTTPS requests where kubectl is not on PATH. Everything
runs on this machine, on free ports of 127.0.0.1, and is removed at the end.

  --once             end after the tour: exit code 0 if each step was as expected, else 1
  --kubeconfig FILE  use a cluster of yours: the demo makes a namespace, a ServiceAccount, a pod and the
                     roles that the tour needs, and removes them at the end (needs kubectl)
  --context NAME     the context of that file, if not its current one
  --help             print this

The cluster is the one of --kubeconfig; else a real kube-apiserver with etcd, where KUBEBUILDER_ASSETS
names the directory of their binaries; else a small API server of the demo's own, a stand-in.
Without --once the demo stays up after the tour, until Ctrl-C. NO_COLOR turns colours off.
`;

/** @throws DemoError CC_ERR_DEMO_USAGE */
export function parseArguments(args: readonly string[]): DemoArguments {
  const { help, once, kubeconfig, context } = parse(args);
  if (context !== undefined && kubeconfig === undefined) {
    throw new DemoError('CC_ERR_DEMO_USAGE', '--context needs --kubeconfig: see npm run demo -- --help');
  }
  if (kubeconfig === '' || context === '') {
    throw new DemoError('CC_ERR_DEMO_USAGE', '--kubeconfig and --context need a value that is not empty');
  }
  return {
    help,
    once,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: false,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        once: { type: 'boolean', default: false },
        kubeconfig: { type: 'string' },
        context: { type: 'string' },
      },
    }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message.split('. ', 1)[0] : String(error);
    throw new DemoError('CC_ERR_DEMO_USAGE', `${message}: see npm run demo -- --help`, [], { cause: error });
  }
}
