// The command line that all reverse proxies in bench/peers/fronts share.
import type { World } from './route.ts';

export function frontArguments({ tls, apiserver }: World, port: number): readonly string[] {
  return [
    ['-port', String(port)],
    ['-target-port', String(apiserver.http1Port)],
    ['-cert', tls.certFile],
    ['-key', tls.keyFile],
    ['-ca', tls.caFile],
  ].flat();
}
