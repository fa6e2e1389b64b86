// Entra's object, tenant and client ids: 8-4-4-4-12 hexadecimal digits, compared in lower case.

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id in lower case, so that one object has one name; undefined when the text is not a GUID. */
export function asGuid(text: string): string | undefined {
  const id = text.toLowerCase();
  return GUID.test(id) ? id : undefined;
}
