// Addresses of routes whose TLS ends at a server with the certificate of the run.
import type { RouteAddress, RunningRoute, World } from './route.ts';

export const LOOPBACK = '127.0.0.1';

export function localAddress(world: World, port: number): RouteAddress {
  return { host: LOOPBACK, port, serverName: '', ca: world.tls.ca };
}

/** A port for each protocol, as the apiserver stand-in has them: so do the routes that carry bare TCP. */
export function portForEach(world: World, http1Port: number, http2Port: number): RunningRoute['address'] {
  const addresses = { http1: localAddress(world, http1Port), http2: localAddress(world, http2Port) };
  return (protocol) => addresses[protocol];
}

/** One port where ALPN decides. */
export function onePort(world: World, port: number): RunningRoute['address'] {
  const address = localAddress(world, port);
  return () => address;
}
