import { Readable } from 'node:stream';

/** The time between two comments, which keep proxies from closing an idle connection; milliseconds. */
const HEARTBEAT_EVERY = 15_000;
/**
 * The longest life of a stream; milliseconds. The client then reconnects, and its token is checked again.
 */
const MAX_LIFE = 10 * 60_000;
/** How long a client may take to read the end of a stream; milliseconds. */
const MAX_LAST_READ = 10_000;
/** The shortest time after which a client is told to reconnect; milliseconds. */
const MIN_RETRY = 1000;
/** The largest random addition to `MIN_RETRY`; milliseconds. It keeps clients from reconnecting together. */
const MAX_SPREAD = 2000;

/** A state that is sent to a client. */
export interface StateEvent {
  /** The id of the state. Every facade gives the same state the same id. */
  readonly id: string;
  /** The state, as one line of text. */
  readonly data: string;
  /** `true` if no other state follows. */
  readonly isLast: boolean;
}

/**
 * Sends the states of one thing as server-sent events. Only the newest state waits for the client, so a
 * client that reads slowly misses some states. The stream is destroyed when its client disconnects.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class EventStream extends Readable {
  #lastId: string | undefined;
  #next: StateEvent | undefined;
  /** `true` if the client has read everything that was sent. */
  #isIdle = false;
  #isEnding = false;
  /** The timer of the comments; after the end of the stream, the timer of `MAX_LAST_READ`. */
  #timer: NodeJS.Timeout;
  readonly #lifeTimer: NodeJS.Timeout;

  /** @param lastId the id of the state that the client has already; `undefined` if it has none */
  constructor(lastId: string | undefined) {
    // This buffer is full after one write. The next state waits in `#next`, where a newer one replaces it.
    super({ highWaterMark: 1 });
    this.#lastId = lastId;
    this.push(retryHint());
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_EVERY).unref();
    this.#lifeTimer = setTimeout(() => this.end(), MAX_LIFE).unref();
  }

  /** Sends a state, unless the client has it already. A state that still waits is dropped. */
  tell(state: StateEvent): void {
    this.#next = state;
    this.#sendNext();
  }

  /**
   * Ends the stream, and tells the client when to reconnect. Does nothing if the stream has ended already.
   */
  end(): void {
    if (!this.#isEnding && !this.destroyed) this.#finish(retryHint());
  }

  override _read(): void {
    this.#isIdle = true;
    this.#sendNext();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearInterval(this.#timer);
    clearTimeout(this.#lifeTimer);
    callback(error);
  }

  #sendNext(): void {
    const next = this.#next;
    if (next === undefined || !this.#isIdle || this.#isEnding || this.destroyed) return;
    this.#next = undefined;
    const text = next.id === this.#lastId ? '' : `id: ${next.id}\ndata: ${next.data}\n\n`;
    this.#lastId = next.id;
    if (next.isLast) this.#finish(text);
    else if (text !== '') this.#send(text);
  }

  #beat(): void {
    // For a client that does not read, comments would pile up.
    if (this.#isIdle) this.#send(':\n\n');
  }

  #send(text: string): void {
    this.#isIdle = false;
    this.push(text);
  }

  #finish(text: string): void {
    this.#isEnding = true;
    if (text !== '') this.push(text);
    this.push(null);
    clearInterval(this.#timer);
    this.#timer = setTimeout(() => this.destroy(), MAX_LAST_READ).unref();
  }
}

function retryHint(): string {
  return `retry: ${MIN_RETRY + Math.floor(Math.random() * MAX_SPREAD)}\n\n`;
}
