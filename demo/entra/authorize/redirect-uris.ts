// Where the authorize endpoint may send a browser: the application's registered addresses and, for programs on the user's
// own machine, any port of the loopback ones. Source: Microsoft's reply-url.md; RFC 8252 §7.3.

/** A port that is registered is compared too, but for `http://localhost` and `http://127.0.0.1`, where it never is. */
export function isRegistered(redirectUri: string, registered: readonly string[]): boolean {
  if (registered.includes(redirectUri)) return true;
  const asked = loopback(redirectUri);
  if (asked === undefined) return false;
  return registered.some((uri) => {
    const allowed = loopback(uri);
    return (
      allowed !== undefined && allowed.hostname === asked.hostname && allowed.pathname === asked.pathname
    );
  });
}

function loopback(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOwnMachine = url?.hostname === 'localhost' || url?.hostname === '127.0.0.1';
  if (url?.protocol !== 'http:' || !isOwnMachine) return undefined;
  return url.username === '' && url.search === '' && url.hash === '' ? url : undefined;
}
