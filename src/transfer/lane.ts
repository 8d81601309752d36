import type { StoreError } from '../stores/index.ts';

/** The right to make one request to an endpoint. The request reports its progress through the lane. */
export interface Lane {
  /** Records that the first byte of the request has come. */
  began(): void;
  /** Records that the request has moved bytes. */
  moved(bytes: number): void;
  /** Records that the request has failed. */
  failed(fault: StoreError): void;
  /** Waits for something other than the endpoint. The endpoint's speed is measured without this time. */
  aside<T>(wait: Promise<T>): Promise<T>;
  /** Gives the lane back. */
  release(): void;
}

/** When a request reports the bytes that it has moved. */
export type Reporting = 'by chunk' | 'at end';

/** A copy's share of the lanes of an endpoint. */
export interface Lanes {
  /** The number of lanes that are the copy's fair share. */
  readonly count: number;
  /**
   * The price of a request: the bytes that a lane moves, on average, in the time that a request waits for its
   * first byte. It is 0 if the server is nearby.
   */
  readonly waitCost: number;
  /** `true` if the last call of `heard` has shown that the server is far away. */
  readonly isFar: boolean;
  /** Records that a small request outside of lanes was answered after `wait` milliseconds. */
  heard(wait: number): void;
  /**
   * Resolves when a lane is free for this copy. Rejects with the signal's reason.
   * @param reporting `by chunk` if absent
   */
  take(signal: AbortSignal, reporting?: Reporting): Promise<Lane>;
}
