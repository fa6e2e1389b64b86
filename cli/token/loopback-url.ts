// Where the browser brings the code of an interactive sign-in: an address of this machine and of nothing else (RFC 8252 §7.3).

/**
 * `http://localhost`, with a port and a path where the application's registration wants them; in one spelling.
 * Without a port a free one is taken, which Entra allows for localhost.
 */
export function parseLoopbackUrl(text: string): string | undefined {
  if (text.length > 200 || !/^http:\/\/[^?#@\\\s]+$/i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  // 127.0.0.1 and [::1] are registered with a fixed port each, if at all; whoever has them so can say so.
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  return isLoopback && url.port !== '0' ? url.href : undefined;
}
