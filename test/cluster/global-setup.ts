// Starts the one control plane that every file of the suite uses, and hands its address to their workers.
import { startControlPlane } from '../../demo/control-plane/index.ts';
import type { ControlPlaneAddress } from '../../demo/control-plane/index.ts';
import type { TestProject } from 'vitest/node';
import { startKubelet } from './kubelet/index.ts';
import type { KubeletAddress } from './kubelet/index.ts';
import { ensureTools } from './tools/build-tools.ts';
import type { ToolPaths } from './tools/find-tools.ts';

declare module 'vitest' {
  interface ProvidedContext {
    controlPlane: ControlPlaneAddress;
    kubelet: KubeletAddress;
    tools: ToolPaths;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const print = (line: string): void => void process.stderr.write(`test:cluster: ${line}\n`);
  const tools = await ensureTools(process.env, print);
  const startedAt = Date.now();
  const controlPlane = await startControlPlane({ etcd: tools.etcd, kubeApiserver: tools.kubeApiserver });
  const { server, directory, version } = controlPlane;
  print(`kube-apiserver ${version} on ${server} after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  try {
    project.provide('kubelet', await startKubelet(controlPlane, tools));
  } catch (error) {
    await controlPlane.close({ keepDirectory: true });
    throw error;
  }
  project.provide('tools', tools);
  project.provide('controlPlane', {
    server: controlPlane.server,
    caPem: controlPlane.caPem,
    admin: controlPlane.admin,
    directory: controlPlane.directory,
    adminKubeconfigFile: controlPlane.adminKubeconfigFile,
    auditLogFile: controlPlane.auditLogFile,
    agentTokenFile: controlPlane.agentTokenFile,
    agentUser: controlPlane.agentUser,
    version: controlPlane.version,
  });
  return async () => {
    // Whoever looks into a failure wants the logs.
    const keepDirectory = process.exitCode !== undefined && process.exitCode !== 0;
    await controlPlane.close({ keepDirectory });
    if (keepDirectory) print(`logs are kept in ${directory}`);
  };
}
