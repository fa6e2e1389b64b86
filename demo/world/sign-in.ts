// Plays the person at the browser: whoever is asked to enter a device code has it approved at once.
import type { Person } from '../cast.ts';
import type { EntraStandIn } from '../entra/index.ts';

/** As get-token prints it. */
const PROMPT = /enter the code ([A-Z0-9]{6,12})\b/;

/** Reads what a command of `person` writes, and approves the code that it asks for; once. */
export function approveSignIn(
  entra: Pick<EntraStandIn, 'approveDeviceCode'>,
  person: Person,
): (text: string) => void {
  let seen = '';
  let approved = false;
  return (text) => {
    if (approved) return;
    seen += text;
    const [, code] = PROMPT.exec(seen) ?? [];
    if (code === undefined) return;
    approved = true;
    entra.approveDeviceCode(code, person);
  };
}
