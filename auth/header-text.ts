// Text from a claim on its way into a header line: nothing may end the line, vanish in trimming, or read as another name.
// facts: H4 (reserved names), H5 (Teleport PR #64586).

// Control, format (bidirectional overrides, zero width), surrogate, and the separators that break lines.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** What is wrong with a name or a value, in words for a client; undefined when it can be sent. */
export function headerTextProblem(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (text.trim() !== text) return 'begins or ends with white space';
  if (UNPRINTABLE.test(text)) return 'holds a control character';
  return undefined;
}

/** Kubernetes keeps this prefix for itself, for users and for groups. Compared without case, to be on the safe side. */
export function isReservedName(name: string): boolean {
  return name.toLowerCase().startsWith('system:');
}

/** UTF-8 bytes as a latin1 string: what Node writes to a header unchanged and the apiserver reads back as UTF-8. */
export function toHeaderBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
