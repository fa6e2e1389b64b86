// What to say of a request that got no answer although the connection had come about a moment before.
import { errorCode } from '../../observe/index.ts';
import { AnswerTooLargeError } from './ask.ts';
import { TimeoutError } from './dial.ts';

export function brokenOff(error: unknown, who: string): { message: string; advice: string } {
  if (error instanceof AnswerTooLargeError) {
    return {
      message: `${who} answered with more than such an answer has`,
      advice: 'Something else answers in its place. Check the address in the kubeconfig.',
    };
  }
  if (isTimeout(error)) {
    return {
      message: `${who} did not answer in time`,
      advice:
        'Try again. If it stays so, something on the way (a proxy, a firewall) holds the answer back: try from another network.',
    };
  }
  return {
    message: `the connection broke before ${who} answered (${errorCode(error)})`,
    advice:
      'Try again. If it stays so, something on the way (a proxy, a firewall) cuts it: try from another network.',
  };
}

function isTimeout(error: unknown): boolean {
  if (error instanceof TimeoutError) return true;
  return error instanceof Error && (error.name === 'TimeoutError' || /Timeout/.test(error.name));
}
