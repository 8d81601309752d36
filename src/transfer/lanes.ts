import type { StoreError } from '../stores/index.ts';

/** The right to make one request to an endpoint. The request reports through it how it goes. */
export interface Lane {
  /** Records that the first byte of the request has come. */
  began(): void;
  /** Records that the request has moved bytes. */
  moved(bytes: number): void;
  /** Records that the request has failed. */
  failed(fault: StoreError): void;
  /**
   * Waits for something that does not depend on the endpoint. The time does not count for the endpoint's
   * speed.
   */
  aside<T>(wait: Promise<T>): Promise<T>;
  /** Gives the lane back. */
  release(): void;
}

/** A copy's share of the lanes of an endpoint. */
export interface Lanes {
  /** The number of lanes that are the copy's share now. */
  readonly count: number;
  /**
   * The bytes that a lane could have moved while it waited for the first byte of a request, on average; 0 if
   * the server is not far away.
   */
  readonly lost: number;
  /**
   * Resolves when a lane is free for this copy. Rejects with the signal's reason.
   * @param tellsAtEnd whether the request reports the bytes it has moved only at its end
   */
  take(signal: AbortSignal, tellsAtEnd?: boolean): Promise<Lane>;
}
