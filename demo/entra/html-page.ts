// The pages of the double: which say that they are not Microsoft's, and write nothing of a request as markup.

export interface PageAnswer {
  readonly status: number;
  readonly html: string;
}

export function page(status: number, content: string): PageAnswer {
  return {
    status,
    html: `<!doctype html><meta charset="utf-8"><title>Entra stand-in</title><h1>Entra stand-in</h1>
<p>This is not Microsoft. It signs in anybody, for a demo on this machine.</p>${content}`,
  };
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function hiddenFields(values: Iterable<readonly [string, string]>): string {
  return Array.from(
    values,
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  ).join('');
}
