// Plays a person's browser: opens the page that a client sent it to, signs in, and carries the answer to the client's
// listener on this machine, by redirect or by form.
import { request } from 'undici';
import type { Dispatcher } from 'undici';
import { CANCEL_PARAMETER, USER_PARAMETER } from './authorize-endpoint.ts';

export interface BrowserOptions {
  /** Trusts the double's certificate. */
  readonly dispatcher: Dispatcher;
  /** The double's: a browser is signed in nowhere else. */
  readonly origin: string;
}

/** What the client's listener showed, or the double's page where it went no further. */
export interface BrowserPage {
  readonly url: string;
  readonly status: number;
  readonly text: string;
}

const PAGE_TIMEOUT_MS = 10_000;

/**
 * @param user of the directory, as `findUser` finds; null presses the button to cancel
 * @throws RangeError for a page that is not the double's
 */
export async function signInWithBrowser(
  authorizeUrl: string,
  user: string | null,
  { dispatcher, origin }: BrowserOptions,
): Promise<BrowserPage> {
  const url = new URL(authorizeUrl);
  if (url.origin !== origin) throw new RangeError('the browser was sent to somebody else');
  const signal = AbortSignal.timeout(PAGE_TIMEOUT_MS);
  const first = await request(url, { dispatcher, signal });
  const firstPage: BrowserPage = { url: url.href, status: first.statusCode, text: await first.body.text() };
  if (first.statusCode !== 200) return firstPage;
  if (user === null) url.searchParams.set(CANCEL_PARAMETER, '1');
  else url.searchParams.set(USER_PARAMETER, user);
  const answer = await request(url, { dispatcher, signal });
  const text = await answer.body.text();
  if (answer.statusCode === 302) return await open(String(answer.headers['location']), undefined, signal);
  const form = readForm(text);
  if (answer.statusCode !== 200 || form === undefined) {
    return { url: url.href, status: answer.statusCode, text };
  }
  return await open(form.action, form.fields, signal);
}

/** Only the double's own pages come through `dispatcher`; the client's listener speaks plain HTTP. */
async function open(
  url: string,
  fields: URLSearchParams | undefined,
  signal: AbortSignal,
): Promise<BrowserPage> {
  const posted = {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: fields?.toString() ?? '',
  } as const;
  // A fragment stays in the browser.
  const target = new URL(url);
  target.hash = '';
  const answer = await request(target, { signal, ...(fields !== undefined && posted) });
  return { url, status: answer.statusCode, text: await answer.body.text() };
}

const FORM = /<form method="post" action="([^"]*)">(.*?)<\/form>/s;
const FIELD = /<input type="hidden" name="([^"]*)" value="([^"]*)">/g;

function readForm(html: string): { readonly action: string; readonly fields: URLSearchParams } | undefined {
  const [, action, content = ''] = FORM.exec(html) ?? [];
  if (action === undefined) return undefined;
  const fields = new URLSearchParams();
  for (const [, name = '', value = ''] of content.matchAll(FIELD)) {
    fields.append(unescapeHtml(name), unescapeHtml(value));
  }
  return { action: unescapeHtml(action), fields };
}

function unescapeHtml(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}
