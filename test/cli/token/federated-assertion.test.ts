import { describe, expect, it } from 'vitest';
import type { Answer, Send } from '../../../cli/token/bounded-network.ts';
import { askForAssertion } from '../../../cli/token/federated-assertion.ts';
import type { AssertionQuestion } from '../../../cli/token/federated-assertion.ts';

const QUESTION: AssertionQuestion = {
  whom: 'the CI system',
  method: 'GET',
  url: 'https://ci.example/token?version=2&audience=other',
  query: { audience: 'api://x' },
  bearer: 'canary-bearer',
  member: 'value',
  advice: 'Ask it nicely',
};

function ask(answer: Partial<Answer> | Error, question: Partial<AssertionQuestion> = {}) {
  const asked: Parameters<Send>[] = [];
  const elsewhere: Send = async (...call) => {
    asked.push(call);
    if (answer instanceof Error) throw answer;
    return { status: 200, headers: {}, body: {}, ...answer };
  };
  return { asked, given: askForAssertion({ elsewhere }, { ...QUESTION, ...question }) };
}

describe('askForAssertion', () => {
  it('adds to the address what it asks for, and shows its bearer to nobody else', async () => {
    const { asked, given } = ask({ body: { value: 'a.b.c' } });
    expect(await given).toBe('a.b.c');
    expect(asked).toEqual([
      [
        'GET',
        'https://ci.example/token?version=2&audience=api%3A%2F%2Fx',
        { headers: expect.objectContaining({ authorization: 'Bearer canary-bearer' }) },
      ],
    ]);
  });

  it.each([
    { answer: { status: 302 }, says: 'the CI system answered with 302' },
    { answer: { status: 404, body: { value: 'a.b.c' } }, says: 'the CI system answered with 404' },
    { answer: {}, says: 'the CI system gave no token' },
    { answer: { body: { value: 7 } }, says: 'the CI system gave no token' },
    { answer: { body: { value: 'canary' } }, says: 'the CI system gave no token' },
    { answer: { body: { value: `a.${'b'.repeat(20_000)}.c` } }, says: 'the CI system gave no token' },
    { answer: { body: null }, says: 'the CI system gave no token' },
    { answer: { body: [] }, says: 'the CI system gave no token' },
  ])('refuses $answer', async ({ answer, says }) => {
    await expect(ask(answer).given).rejects.toMatchObject({
      code: 'CC_ERR_CLI_SIGN_IN_FAILED',
      message: says,
      advice: 'Ask it nicely',
    });
  });

  it('tells a network that is down from a refusal', async () => {
    const down = Object.assign(new Error('canary'), { code: 'ENOTFOUND' });
    await expect(ask(down).given).rejects.toMatchObject({
      code: 'CC_ERR_CLI_SIGN_IN_UNREACHABLE',
      message: 'the CI system could not be asked for a token (ENOTFOUND)',
    });
  });

  it.each(['http://ci.example/token', 'file:///etc/passwd', 'x', ''])('asks nobody at %j', async (url) => {
    const { asked, given } = ask({ body: { value: 'a.b.c' } }, { url });
    await expect(given).rejects.toThrow('is not an https address');
    expect(asked).toEqual([]);
  });
});
