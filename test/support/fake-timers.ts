// Timers and clocks under the test's hand; setImmediate stays real, so that messages still move.
import { vi } from 'vitest';

export function fakeTimers(): void {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
  });
}
