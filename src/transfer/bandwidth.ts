/** The time for which unused bandwidth is kept for later bytes; milliseconds. */
const BURST = 200;
/** While bytes wait for a limit, its rate is looked up again at least this often; milliseconds. */
const MAX_NAP = 250;

/** A limit in bytes a second, which may change at any time. Calls that wait are served in their order. */
export class Bandwidth {
  /** Returns the bytes a second that are allowed now; `null` if there is no limit. */
  rate: () => number | null;
  readonly #now: () => number;
  /** The number of bytes that were let through too early. It is below 0 if bandwidth was left unused. */
  #ahead = 0;
  #settledAt: number;
  readonly #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param now a clock that never goes back; milliseconds */
  constructor(rate: () => number | null, now = () => performance.now()) {
    this.rate = rate;
    this.#now = now;
    this.#settledAt = now();
  }

  /** Takes bytes if they may be sent now. Returns whether they may. */
  take(bytes: number): boolean {
    if (this.#waiting.length > 0 || this.#delay() > 0) return false;
    this.#ahead += bytes;
    return true;
  }

  /** Resolves when the bytes may be sent. Rejects with the signal's reason. */
  async pass(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const go = () => {
      signal.removeEventListener('abort', giveUp);
      this.#ahead += bytes;
      resolve();
    };
    const giveUp = () => {
      this.#waiting.splice(this.#waiting.indexOf(go), 1);
      reject(signal.reason);
    };
    this.#waiting.push(go);
    signal.addEventListener('abort', giveUp, { once: true });
    this.#serve();
    await promise;
  }

  #serve(): void {
    if (this.#timer !== undefined) return;
    for (let delay = this.#delay(); this.#waiting.length > 0; delay = this.#delay()) {
      if (delay > 0) {
        const nap = Math.min(delay, MAX_NAP);
        this.#timer = setTimeout(() => {
          this.#timer = undefined;
          this.#serve();
        }, nap);
        return;
      }
      this.#waiting.shift()?.();
    }
  }

  /** Updates `#ahead`, and returns how long the next bytes have to wait; milliseconds. */
  #delay(): number {
    const now = this.#now();
    const rate = this.rate();
    if (rate === null) this.#ahead = 0;
    else {
      const perMillisecond = rate / 1000;
      const left = this.#ahead - (now - this.#settledAt) * perMillisecond;
      this.#ahead = Math.max(left, -BURST * perMillisecond);
    }
    this.#settledAt = now;
    // A fraction of a byte is not worth a wait, because timers wait for whole milliseconds.
    if (rate === null || this.#ahead < 1) return 0;
    return Math.ceil((this.#ahead / rate) * 1000);
  }
}

/** A limit, with the name by which `Throttle.heldBy` reports it. */
export interface NamedBandwidth {
  readonly name: string;
  readonly bandwidth: Bandwidth;
}

/** A copy is held back if it has waited longer than this for a limit; milliseconds. */
const MIN_HELD = 20;
/** A copy counts as held back for this long after it has waited; milliseconds. */
const HELD_FOR = 5000;

/** All limits that one copy has to keep to. */
export class Throttle {
  readonly #limits: () => readonly NamedBandwidth[];
  #ownRate: number | null = null;
  readonly #own: NamedBandwidth = {
    name: "the job's own limit",
    bandwidth: new Bandwidth(() => this.#ownRate),
  };
  #held: { readonly name: string; readonly at: number } | undefined;
  #waiting = 0;

  constructor(limits: () => readonly NamedBandwidth[] = () => []) {
    this.#limits = limits;
  }

  /** Sets the copy's own limit; bytes a second, or `null` for no limit. */
  limitTo(rate: number | null): void {
    this.#ownRate = rate;
  }

  /** The name of the limit that holds the copy back now; `null` if none does. */
  get heldBy(): string | null {
    if (this.#held === undefined) return null;
    const isRecent = performance.now() - this.#held.at < HELD_FOR;
    return isRecent || this.#waiting > 0 ? this.#held.name : null;
  }

  /** Returns `undefined` if the bytes may be sent now. If not, returns a promise to wait for. */
  pass(bytes: number, signal: AbortSignal): Promise<void> | undefined {
    const limits = this.#ownRate === null ? this.#limits() : [...this.#limits(), this.#own];
    // Takes the bytes at one limit after another, up to the first one at which they have to wait.
    const first = limits.findIndex(({ bandwidth }) => !bandwidth.take(bytes));
    return first < 0 ? undefined : this.#wait(limits.slice(first), bytes, signal);
  }

  async #wait(limits: readonly NamedBandwidth[], bytes: number, signal: AbortSignal): Promise<void> {
    this.#waiting += 1;
    try {
      for (const { name, bandwidth } of limits) {
        const before = performance.now();
        await bandwidth.pass(bytes, signal);
        const now = performance.now();
        if (now - before > MIN_HELD) this.#held = { name, at: now };
      }
    } finally {
      this.#waiting -= 1;
    }
  }
}
