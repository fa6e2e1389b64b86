// How the pretend shell reads a line: words, quotes, variables, and the operators between commands. A pure parser of a
// small, plain subset; what it does not know it refuses by name instead of doing something else.

export type Operator = ';' | '&&' | '||';

export interface SimpleCommand {
  /** How it hangs on the command before it; the first one has `;`. */
  readonly after: Operator;
  readonly words: readonly string[];
  /** Where its standard output goes. */
  readonly output: 'stdout' | 'stderr' | 'nowhere';
}

/** Something that only a real shell understands. */
export class ShellSyntaxError extends Error {}

/**
 * The commands of a script, each read only when the one before it has run: `$?` is known by then.
 * @param variable the value of `$NAME`, `${NAME}` or `$?`
 * @throws ShellSyntaxError
 */
export function* parseScript(script: string, variable: (name: string) => string): Generator<SimpleCommand> {
  let after: Operator = ';';
  let words: string[] = [];
  for (const token of tokens(script, variable)) {
    if (token.kind === 'word') {
      words.push(token.text);
      continue;
    }
    if (words.length > 0) yield { after, ...redirected(words) };
    words = [];
    after = token.text === '&&' || token.text === '||' ? token.text : ';';
  }
  if (words.length > 0) yield { after, ...redirected(words) };
}

function redirected(words: readonly string[]): Pick<SimpleCommand, 'words' | 'output'> {
  const kept: string[] = [];
  let output: SimpleCommand['output'] = 'stdout';
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '>&2' || word === '1>&2') output = 'stderr';
    else if (word === '>/dev/null') output = 'nowhere';
    else if (word === '>' && words[index + 1] === '/dev/null') {
      output = 'nowhere';
      index += 1;
    } else if (/^\d?[<>]/.test(word) && word !== '2>&1' && word !== '2>/dev/null') {
      throw new ShellSyntaxError(`redirection ${word}`);
    } else if (word !== '2>&1' && word !== '2>/dev/null') kept.push(word);
  }
  return { words: kept, output };
}

interface Token {
  readonly kind: 'word' | 'operator';
  readonly text: string;
}

function* tokens(script: string, variable: (name: string) => string): Generator<Token> {
  let word: string | undefined;
  let index = 0;
  while (index < script.length) {
    const rest = script.slice(index, index + 2);
    const [character = ''] = rest;
    if (/[\s;&|]/.test(character) && rest !== '&1' && rest !== '&2') {
      if (word !== undefined) yield { kind: 'word', text: word };
      word = undefined;
      if (rest === '&&' || rest === '||') yield { kind: 'operator', text: rest };
      else if (character === ';' || character === '\n') yield { kind: 'operator', text: ';' };
      else if (character === '|') throw new ShellSyntaxError('pipes');
      else if (character === '&') throw new ShellSyntaxError('background jobs');
      index += rest === '&&' || rest === '||' ? 2 : 1;
    } else if (character === '#' && word === undefined) {
      const end = script.indexOf('\n', index);
      index = end < 0 ? script.length : end;
    } else {
      const piece = readPiece(script, index, variable);
      word = (word ?? '') + piece.text;
      index = piece.next;
    }
  }
  if (word !== undefined) yield { kind: 'word', text: word };
}

/** A quoted part, an escape, a variable, or one plain character. */
function readPiece(
  script: string,
  start: number,
  variable: (name: string) => string,
): { text: string; next: number } {
  const character = script.charAt(start);
  if (character === "'" || character === '"') {
    const end = closingQuote(script, start, character);
    const inside = script.slice(start + 1, end);
    return { text: character === "'" ? inside : expand(inside, variable), next: end + 1 };
  }
  if (character === '\\') return { text: script.charAt(start + 1), next: start + 2 };
  if (character === '$' || character === '`') {
    const [whole = '$'] = /^\$(?:\{\w+\}|\w+|\?)/.exec(script.slice(start, start + 256)) ?? [];
    if (whole === '$' && /^(?:`|\$\()/.test(script.slice(start)))
      throw new ShellSyntaxError('command substitution');
    return { text: expand(whole, variable), next: start + whole.length };
  }
  return { text: character, next: start + 1 };
}

function closingQuote(script: string, start: number, quote: string): number {
  for (let index = start + 1; index < script.length; index += 1) {
    if (quote === '"' && script.charAt(index) === '\\') index += 1;
    else if (script.charAt(index) === quote) return index;
  }
  throw new ShellSyntaxError('an unterminated quote');
}

function expand(text: string, variable: (name: string) => string): string {
  if (/`|\$\(/.test(text)) throw new ShellSyntaxError('command substitution');
  return text.replace(
    /\\(["\\$`])|\$(?:\{(\w+)\}|(\w+|\?))/g,
    (_, escaped?: string, braced?: string, bare?: string) => {
      return escaped ?? variable(braced ?? bare ?? '');
    },
  );
}
