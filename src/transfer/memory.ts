import { MIB } from '../memory/index.ts';

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
   * @param onWait called if there is no memory yet
   */
  take(demand: MemoryDemand, signal: AbortSignal, onWait: () => void): Promise<MemoryGrant>;
  /** Changes the budget. What was granted stays with its copies. */
  resize(bytes: number): void;
}

/**
 * A copy gets at most this share of the free memory, or the least that it needs, so that later copies get
 * some too.
 */
const SHARE = 1 / 4;

/**
 * Opens a budget of so many bytes. A copy that needs more than the whole budget gets it when no other copy
 * has any.
 */
export function openMemory(budget: number): Memory {
  let bytes = budget;
  let granted = 0;
  const waiting: (() => boolean)[] = [];

  function tryGrant({ least, wanted }: MemoryDemand): MemoryGrant | undefined {
    const smallest = 2 ** Math.ceil(Math.log2(Math.max(MIB, least)));
    const share = Math.min(wanted, (bytes - granted) * SHARE);
    const size = Math.max(smallest, 2 ** Math.floor(Math.log2(Math.max(1, share))));
    if (granted > 0 && granted + size > bytes) return undefined;
    granted += size;
    let isOpen = true;
    return {
      bytes: size,
      async close() {
        if (!isOpen) return;
        isOpen = false;
        granted -= size;
        while (waiting[0]?.()) waiting.shift();
      },
    };
  }

  return {
    get limit() {
      return bytes;
    },
    get granted() {
      return granted;
    },
    get waiting() {
      return waiting.length;
    },
    resize(next) {
      bytes = next;
      while (waiting[0]?.()) waiting.shift();
    },
    async take(demand, signal, onWait) {
      signal.throwIfAborted();
      const grant = waiting.length === 0 ? tryGrant(demand) : undefined;
      if (grant !== undefined) return grant;
      onWait();
      const { promise, resolve, reject } = Promise.withResolvers<MemoryGrant>();
      const retry = () => {
        const late = tryGrant(demand);
        if (late === undefined) return false;
        signal.removeEventListener('abort', giveUp);
        resolve(late);
        return true;
      };
      const giveUp = () => {
        waiting.splice(waiting.indexOf(retry), 1);
        while (waiting[0]?.()) waiting.shift();
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      waiting.push(retry);
      return promise;
    },
  };
}
