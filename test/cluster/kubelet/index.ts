// Real pods for the tests. `const pod = await startPod(relay.admin, { namespace, name })` runs when it resolves:
// - exec and cp run commands of this machine in `pod.directory`, as this user; their environment has POD_NAME,
//   POD_NAMESPACE and CONTAINER_NAME. They and what they started are killed when the apiserver ends their connection.
//   That is at once when a SPDY client goes; when a WebSocket client goes, kube-apiserver 1.34 lets a quiet command run.
// - logs show what `pod.print(...)` wrote; `logs -f` and attach follow it until `pod.exit()`. Attach begins at the
//   log's first line, and turns what comes by standard input into lines of the log.
// - port-forward: port N of every pod is port N of 127.0.0.1, so listen on port 0 and forward what you got; each
//   direction's end is passed on by itself.
// - deleting a pod works as usual; its folder stays until the suite ends.
// Only a pod with startPod has a log. Pods on other nodes do not run; for a kubelet that misbehaves: ../fake-kubelet.ts.
export { startPod } from './pods.ts';
export type { PodToStart, PrintOptions, RunningPod } from './pods.ts';
export { NODE_NAME, startKubelet } from './start-kubelet.ts';
export type { KubeletAddress, KubeletBinaries } from './start-kubelet.ts';
