// Counts and times the answers of one round, whatever client brings them, and ends the round.
import { createHash } from 'node:crypto';
import { LatencyRecorder } from './latency-recorder.ts';
import type { Round } from './load-client.ts';

/** One body in so many is hashed: often enough to see a wrong one, seldom enough to cost nothing. */
const HASH_EVERY = 256;
/** An answer that takes so long after the end of the round will not come. */
const LAST_ANSWER_MS = 10_000;

export class RoundMeter {
  private readonly expectedBytes: number;
  private readonly expectedHash: string;
  private readonly latencies = new LatencyRecorder();
  private startMs = 0;
  private deadlineMs = 0;
  private lastMs = 0;
  private asked = 0;
  private pending = 0;
  private wrongAnswers = 0;
  private hashedBodies = 0;
  private wrongBodies = 0;
  private resumed = 0;
  private cpuAtStart: NodeJS.CpuUsage = process.cpuUsage();
  private settle: { resolve(round: Round): void; reject(error: Error): void } | undefined = undefined;
  private timer: NodeJS.Timeout | undefined = undefined;

  constructor(expectedBody: string) {
    this.expectedBytes = Buffer.byteLength(expectedBody);
    this.expectedHash = sha256([Buffer.from(expectedBody)]);
  }

  /** @param begin sends the first request of each loop */
  run(durationMs: number, begin: () => void): Promise<Round> {
    this.latencies.clear();
    this.asked = this.pending = this.wrongAnswers = this.hashedBodies = this.wrongBodies = this.resumed = 0;
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      this.timer = setTimeout(
        () => this.fail(new Error('an answer stayed away')),
        durationMs + LAST_ANSWER_MS,
      );
      this.cpuAtStart = process.cpuUsage();
      this.startMs = performance.now();
      this.deadlineMs = this.startMs + durationMs;
      begin();
    });
  }

  /** A request is about to be sent. @returns whether its body is to be kept for its hash */
  request(): boolean {
    this.pending += 1;
    return this.asked++ % HASH_EVERY === 0;
  }

  /** A new connection took up the TLS session of an earlier one. */
  resume(): void {
    this.resumed += 1;
  }

  /**
   * @param sentMs when its request was sent, as performance.now() tells it
   * @param body its bytes, where they were to be kept
   * @returns whether to send another request
   */
  answer(sentMs: number, status: number, bytes: number, body: readonly Buffer[] | undefined): boolean {
    const now = performance.now();
    this.latencies.record(now - sentMs);
    this.lastMs = now;
    this.pending -= 1;
    if (status !== 200 || bytes !== this.expectedBytes) this.wrongAnswers += 1;
    if (body !== undefined) {
      this.hashedBodies += 1;
      if (sha256(body) !== this.expectedHash) this.wrongBodies += 1;
    }
    if (now < this.deadlineMs) return true;
    if (this.pending === 0) this.finish();
    return false;
  }

  fail(error: Error): void {
    clearTimeout(this.timer);
    this.settle?.reject(error);
    this.settle = undefined;
  }

  private finish(): void {
    const cpu = process.cpuUsage(this.cpuAtStart);
    clearTimeout(this.timer);
    const { wrongAnswers, hashedBodies, wrongBodies, resumed } = this;
    this.settle?.resolve({
      requests: this.latencies.size,
      elapsedMs: this.lastMs - this.startMs,
      ...this.latencies.summary(),
      cpuUs: cpu.user + cpu.system,
      wrongAnswers,
      hashedBodies,
      wrongBodies,
      resumed,
    });
    this.settle = undefined;
  }
}

function sha256(chunks: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
