// Credit in bytes, as SPEC.md §5: pure state, no sockets, no clock of its own.
import { TunnelError } from './codes.ts';
import { MAX_CREDIT, MIN_DATA_CHARGE_BYTES } from './limits.ts';

/** The sum of all receive windows of a session, with its bound (§5.6). */
export class WindowBudget {
  readonly limitBytes: number;
  private readonly growthPool: WindowBudget | undefined;
  private used = 0;

  /** @param growthPool what the windows of several sessions may together grow beyond their first sizes */
  constructor(limitBytes: number, growthPool?: WindowBudget) {
    this.limitBytes = limitBytes;
    this.growthPool = growthPool;
  }

  get usedBytes(): number {
    return this.used;
  }

  /** Takes `bytes` if they fit. */
  reserve(bytes: number): boolean {
    if (this.used + bytes > this.limitBytes) return false;
    this.used += bytes;
    return true;
  }

  /** Takes `bytes` for a window that grows, if half of the budget is left for the first windows of new streams. */
  reserveGrowth(bytes: number): boolean {
    if (this.used + bytes > this.limitBytes / 2) return false;
    return (this.growthPool === undefined || this.growthPool.reserve(bytes)) && this.reserve(bytes);
  }

  /** @param grownBytes how many of `bytes` came from `reserveGrowth` */
  release(bytes: number, grownBytes = 0): void {
    this.used -= bytes;
    this.growthPool?.release(grownBytes);
  }
}

/** The credit that a DATA frame with so many bytes uses up (§5.1). */
function chargeOf(bytes: number): number {
  return Math.max(bytes, MIN_DATA_CHARGE_BYTES);
}

/** What this end may still send on a stream. Never negative, never above 2^31-1. */
export class SendCredit {
  private bytes: number;

  constructor(initialBytes: number) {
    this.bytes = initialBytes;
  }

  get available(): number {
    return this.bytes;
  }

  /** How many bytes the next DATA frame may hold; 0 while the stream is blocked. */
  get sendable(): number {
    return this.bytes >= MIN_DATA_CHARGE_BYTES ? this.bytes : 0;
  }

  /** A frame with so many bytes goes. @throws RangeError when it may not: our own mistake, never the peer's. */
  spend(bytes: number): void {
    const charge = chargeOf(bytes);
    if (charge > this.bytes) throw new RangeError('more bytes than there is credit for');
    this.bytes -= charge;
  }

  /** @throws TunnelError FLOW_CONTROL_ERROR (§5.4) */
  add(bytes: number): void {
    if (bytes > MAX_CREDIT - this.bytes) throw new TunnelError('FLOW_CONTROL_ERROR', 'credit over 2^31-1');
    this.bytes += bytes;
  }
}

export interface WindowGrowth {
  readonly maxWindowBytes: number;
  readonly roundTrips: number;
}

/** What this end will still take on a stream, and when it says so. */
export class ReceiveWindow {
  private readonly budget: WindowBudget;
  private readonly growth: WindowGrowth;
  private windowBytes: number;
  private grownBytes = 0;
  // What the peer may still send. window = available + unconsumed + padding + consumed.
  private available: number;
  // Arrived, and not yet consumed.
  private unconsumed = 0;
  // What small frames were charged beyond their bytes, until those are consumed.
  private padding = 0;
  // Consumed, and not yet given back as credit.
  private consumed = 0;
  private lastGrantMs: number;

  /** The caller has reserved `windowBytes` from `budget`; `release` gives back what the window has grown to. */
  constructor(windowBytes: number, budget: WindowBudget, growth: WindowGrowth, nowMs: number) {
    this.windowBytes = windowBytes;
    this.available = windowBytes;
    this.budget = budget;
    this.growth = growth;
    this.lastGrantMs = nowMs;
  }

  get sizeBytes(): number {
    return this.windowBytes;
  }

  get bufferedBytes(): number {
    return this.unconsumed;
  }

  /** DATA arrived. @throws TunnelError FLOW_CONTROL_ERROR (§5.2) */
  receive(bytes: number): void {
    const charge = chargeOf(bytes);
    if (charge > this.available)
      throw new TunnelError('FLOW_CONTROL_ERROR', 'more DATA than credit was given for');
    this.available -= charge;
    this.unconsumed += bytes;
    this.padding += charge - bytes;
  }

  /** Whether so much has been consumed that `grant` should be called (§5.3). @throws RangeError for bytes that never came */
  consume(bytes: number): boolean {
    if (!(bytes >= 0 && bytes <= this.unconsumed)) throw new RangeError('more bytes consumed than arrived');
    // Consumers count bytes, not frames: padding is given back in the proportion of what they have consumed.
    const unpadded =
      bytes === this.unconsumed ? this.padding : Math.floor((this.padding / this.unconsumed) * bytes);
    this.unconsumed -= bytes;
    this.padding -= unpadded;
    this.consumed += bytes + unpadded;
    return this.consumed * 2 >= this.windowBytes;
  }

  /** The credit to send now: what was consumed, and more where the window should grow (§5.5). */
  grant(nowMs: number, roundTripMs: number): number {
    let credit = this.consumed;
    const fast = nowMs - this.lastGrantMs < roundTripMs * this.growth.roundTrips;
    const growBy = Math.min(this.windowBytes, this.growth.maxWindowBytes - this.windowBytes);
    if (fast && growBy > 0 && this.budget.reserveGrowth(growBy)) {
      this.windowBytes += growBy;
      this.grownBytes += growBy;
      credit += growBy;
    }
    this.consumed = 0;
    this.available += credit;
    this.lastGrantMs = nowMs;
    return credit;
  }

  /** The stream is closed: its window no longer counts. Twice is as good as once. */
  release(): void {
    this.budget.release(this.windowBytes, this.grownBytes);
    this.windowBytes = 0;
    this.grownBytes = 0;
    this.available = 0;
  }
}
