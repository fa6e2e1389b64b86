// A header value as the text that a Go server makes of it: the bytes are UTF-8, and nothing of them may get lost.

// A byte order mark at the front is text too: the apiserver keeps it, so a reader that drops it sees another name.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const CONTROL = /\p{Cc}/u;

/**
 * The text of a value that is held as one latin1 character a byte; undefined when the bytes are not UTF-8, when a
 * control character is among them, or when white space stands at an end: HTTP/1.1 would cut it off on the next hop.
 */
export function headerText(value: string): string | undefined {
  if (value.startsWith(' ') || value.endsWith(' ')) return undefined;
  try {
    const text = UTF8.decode(Buffer.from(value, 'latin1'));
    return CONTROL.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
