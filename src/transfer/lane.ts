import type { StoreError } from '../stores/index.ts';

/** The right to make one request to an endpoint. The request reports its progress through the lane. */
export interface Lane {
  /** Records that the first byte of the request has come. */
  began(): void;
  /** Records that the request has moved bytes. */
  moved(bytes: number): void;
  /** Records that the request has failed. */
  failed(fault: StoreError): void;
  /**
   * Waits for something that does not depend on the endpoint. This time does not count in the endpoint's
   * speed.
   */
  aside<T>(wait: Promise<T>): Promise<T>;
  /** Gives the lane back. */
  release(): void;
}

/** A copy's share of the lanes of an endpoint. */
export interface Lanes {
  /** The number of lanes that are the copy's fair share now. */
  readonly count: number;
  /**
   * The bytes that a lane could have moved in the time that a request waits for its first byte, on average; 0
   * if the server is not far away.
   */
  readonly waitCost: number;
  /** `true` if an answer outside of lanes has shown that the server is far away. */
  readonly isFar: boolean;
  /** Records that the server has answered a small request outside of lanes after `wait` milliseconds. */
  heard(wait: number): void;
  /**
   * Resolves when a lane is free for this copy. Rejects with the signal's reason.
   * @param reportsAtEnd `true` if the request reports only at its end which bytes it has moved
   */
  take(signal: AbortSignal, reportsAtEnd?: boolean): Promise<Lane>;
}
