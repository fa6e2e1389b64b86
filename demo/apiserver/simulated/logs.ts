// The pretend log of a container: some lines that say what it is, and one more every so often while it is followed.
import type { Exchange } from '../exchange.ts';
import { listAt, textAt } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { MAX_LOG_FOLLOWERS, WATCH_BUFFER_BYTES } from '../limits.ts';
import { isTrue } from '../request-info.ts';
import { badRequest, tooManyRequests } from '../status-error.ts';
import { readNumber } from '../objects/accept.ts';

export interface PodLogs {
  /** Answers `pods/log`; a followed log ends when the pod no longer `exists`. @throws StatusError 400, 429 */
  answer(exchange: Exchange, pod: JsonObject, query: URLSearchParams, exists: () => boolean): void;
  close(): void;
}

const FIRST_LINES = 5;

export function createPodLogs(intervalMs: number): PodLogs {
  const followers = new Set<() => void>();
  return {
    answer(exchange, pod, query, exists) {
      const container = chooseContainer(pod, query.get('container') ?? '');
      const line = lineMaker(pod, container, isTrue(query.get('timestamps')));
      const follow = isTrue(query.get('follow'));
      if (follow && followers.size >= MAX_LOG_FOLLOWERS) {
        throw tooManyRequests(`the stand-in streams at most ${MAX_LOG_FOLLOWERS} logs at once`);
      }
      const tail = readNumber(query, 'tailLines') ?? FIRST_LINES;
      const limit = readNumber(query, 'limitBytes') ?? Number.POSITIVE_INFINITY;
      const lines = Array.from({ length: FIRST_LINES }, (_, index) => line(index));
      const text = tail === 0 ? '' : lines.slice(-tail).join('');
      if (!follow) {
        exchange.send(200, 'text/plain', text.slice(0, limit));
        return;
      }
      exchange.startStream('text/plain');
      if (text !== '') exchange.write(text);
      let next = FIRST_LINES;
      const timer = setInterval(() => {
        if (!exists()) {
          stop();
          return;
        }
        exchange.write(line(next));
        next += 1;
        if (exchange.waitingBytes() > WATCH_BUFFER_BYTES) exchange.abort();
      }, intervalMs);
      const stop = (): void => {
        clearInterval(timer);
        followers.delete(stop);
        exchange.end();
      };
      followers.add(stop);
      exchange.onClose(stop);
    },
    close() {
      for (const stop of followers) stop();
    },
  };
}

/** The container that was named, or the only one. @throws StatusError 400, worded as the real API does */
export function chooseContainer(pod: JsonObject, wanted: string): string {
  const name = textAt(pod, 'metadata', 'name');
  const names = [...listAt(pod, 'spec', 'containers'), ...listAt(pod, 'spec', 'initContainers')].map(
    (container) => textAt(container, 'name'),
  );
  if (wanted !== '') {
    if (!names.includes(wanted)) throw badRequest(`container ${wanted} is not valid for pod ${name}`);
  } else if (listAt(pod, 'spec', 'containers').length > 1) {
    throw badRequest(
      `a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`,
    );
  }
  const container = wanted === '' ? (names[0] ?? '') : wanted;
  if (textAt(pod, 'status', 'phase') !== 'Running') {
    throw badRequest(`container "${container}" in pod "${name}" is waiting to start: ContainerCreating`);
  }
  return container;
}

function lineMaker(pod: JsonObject, container: string, timestamps: boolean): (index: number) => string {
  const name = textAt(pod, 'metadata', 'name');
  return (index) => {
    const stamp = timestamps ? `${new Date().toISOString()} ` : '';
    return `${stamp}${name}/${container}: simulated log line ${index + 1}\n`;
  };
}
