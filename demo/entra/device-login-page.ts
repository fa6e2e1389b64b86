// The page that a device code sends its user to: pick a person, and the waiting sign-in is theirs. No password is
// asked, because this is a stand-in.
import type { Directory } from './directory.ts';
import { escapeHtml, page } from './html-page.ts';
import type { PageAnswer } from './html-page.ts';

/**
 * @param query `user_code` and `user` approve at once; without them the page offers what can be chosen
 * @param approve throws RangeError for an unknown code or user
 */
export function deviceLoginPage(
  query: URLSearchParams,
  directory: Directory,
  waiting: readonly string[],
  approve: (userCode: string, user: string) => void,
): PageAnswer {
  const userCode = query.get('user_code');
  const user = query.get('user');
  if (userCode !== null && user !== null) {
    try {
      approve(userCode, user);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return page(404, '<p>No sign-in waits for this code, or nobody has this name.</p>');
    }
    return page(200, '<p>Signed in. Go back to your terminal.</p>');
  }
  const names = directory.users.map(
    ({ userPrincipalName }) => `<option>${escapeHtml(userPrincipalName)}</option>`,
  );
  const code = escapeHtml(userCode ?? waiting.at(-1) ?? '');
  return page(
    200,
    `<form><label>Code <input name="user_code" value="${code}"></label>
<label>Sign in as <select name="user">${names.join('')}</select></label>
<button>Sign in</button></form>`,
  );
}
