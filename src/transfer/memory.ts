import { MIB } from '../memory/index.ts';
import { whileWaiting } from '../wait/index.ts';

/** The memory that a copy asks for; bytes. */
export interface MemoryDemand {
  /** The smallest number of bytes with which the copy can work. */
  readonly least: number;
  /** The largest number of bytes that the copy can use. */
  readonly wanted: number;
}

/** Memory that a copy has until it closes the grant. */
export interface MemoryGrant {
  readonly bytes: number;
  close(): Promise<void>;
}

/** The memory that all copies of a worker share. */
export interface Memory {
  /** Bytes that all copies together may have. */
  readonly limit: number;
  /** Bytes that copies have now. */
  readonly granted: number;
  /** The number of copies that wait for memory. */
  readonly waiting: number;
  /**
   * Resolves when there is memory for a copy, in the order of the calls. Rejects with the signal's reason.
   * The size of a grant is a power of two, so that pages of copies that have ended can be used again.
   * @param onWait called if there is no memory yet, and again every second while the copy waits
   */
  take(demand: MemoryDemand, signal: AbortSignal, onWait: () => void): Promise<MemoryGrant>;
  /** Changes the budget. Copies keep the memory that they were granted. */
  resize(bytes: number): void;
}

/**
 * The largest share of the free memory that one copy gets (but it gets at least what it needs). The rest is
 * for later copies.
 */
const MAX_SHARE = 1 / 4;
/** `MAX_SHARE` while no other copy has any memory. */
const MAX_SHARE_ALONE = 1 / 2;

/**
 * Opens a budget of bytes. A copy that needs more than the whole budget gets what it needs when no other copy
 * has any memory.
 */
export function openMemory(budget: number): Memory {
  return new Budget(budget);
}

class Budget implements Memory {
  #limit: number;
  #granted = 0;
  /**
   * A function for each copy that waits, in the order of the calls. It tries to grant the copy's memory, and
   * returns whether it has.
   */
  readonly #waiting: (() => boolean)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  get granted(): number {
    return this.#granted;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  resize(limit: number): void {
    this.#limit = limit;
    this.#serveWaiting();
  }

  async take(demand: MemoryDemand, signal: AbortSignal, onWait: () => void): Promise<MemoryGrant> {
    signal.throwIfAborted();
    const grant = this.#waiting.length === 0 ? this.#tryGrant(demand) : undefined;
    if (grant !== undefined) return grant;
    onWait();
    return whileWaiting(this.#whenFree(demand, signal), onWait);
  }

  #whenFree(demand: MemoryDemand, signal: AbortSignal): Promise<MemoryGrant> {
    const { promise, resolve, reject } = Promise.withResolvers<MemoryGrant>();
    const retry = () => {
      const grant = this.#tryGrant(demand);
      if (grant === undefined) return false;
      signal.removeEventListener('abort', abort);
      resolve(grant);
      return true;
    };
    const abort = () => {
      this.#waiting.splice(this.#waiting.indexOf(retry), 1);
      this.#serveWaiting();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#waiting.push(retry);
    return promise;
  }

  #tryGrant({ least, wanted }: MemoryDemand): MemoryGrant | undefined {
    const smallest = 2 ** Math.ceil(Math.log2(Math.max(MIB, least)));
    const maxShare = this.#granted === 0 ? MAX_SHARE_ALONE : MAX_SHARE;
    const offered = Math.min(wanted, (this.#limit - this.#granted) * maxShare);
    const bytes = Math.max(smallest, 2 ** Math.floor(Math.log2(Math.max(1, offered))));
    if (this.#granted > 0 && this.#granted + bytes > this.#limit) return undefined;
    this.#granted += bytes;
    let isOpen = true;
    return {
      bytes,
      close: async () => {
        if (!isOpen) return;
        isOpen = false;
        this.#granted -= bytes;
        this.#serveWaiting();
      },
    };
  }

  #serveWaiting(): void {
    while (this.#waiting[0]?.()) this.#waiting.shift();
  }
}
