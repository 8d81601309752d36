import { Readable } from 'node:stream';

/** The time between two comments that keep a connection alive through proxies; milliseconds. */
const HEARTBEAT_EVERY = 15_000;
/**
 * The longest life of a stream, because its client's token is checked only when it begins; milliseconds. The
 * client is told to come again.
 */
const MAX_LIFE = 10 * 60_000;
/** The longest time that a client has to read the end of a stream; milliseconds. */
const MAX_LAST_READ = 10_000;
/** The shortest time after which a client is told to come again; milliseconds. */
const MIN_RETRY = 1000;
/** Up to so many milliseconds more, a different number for each client: they shall not all come at once. */
const MAX_SPREAD = 2000;

/** A state that is sent to a client. */
export interface StateEvent {
  /** Is the same for the same state, whichever facade sends it. */
  readonly id: string;
  /** One line. */
  readonly data: string;
  /** Tells whether no other state follows it. */
  readonly isLast: boolean;
}

/**
 * Server-sent events of something of which only the newest state matters. A client that reads slowly misses
 * states, so that at most one of them waits for it. Is destroyed when its client has gone.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class EventStream extends Readable {
  #lastId: string | undefined;
  #next: StateEvent | undefined;
  /** Tells whether the client has read everything that was sent. */
  #isIdle = false;
  #isEnding = false;
  #timer: NodeJS.Timeout;
  readonly #lifeTimer: NodeJS.Timeout;

  /** @param lastId the id of the state that the client has */
  constructor(lastId: string | undefined) {
    // However small it is, one write fits: everything behind it waits outside.
    super({ highWaterMark: 1 });
    this.#lastId = lastId;
    this.push(retryHint());
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_EVERY).unref();
    this.#lifeTimer = setTimeout(() => this.end(), MAX_LIFE).unref();
  }

  /** Sends a state unless the client has it. It replaces one that was not sent yet. */
  tell(state: StateEvent): void {
    this.#next = state;
    this.#sendNext();
  }

  /** Ends the stream, and tells the client when to come again. Does nothing if it has ended. */
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
    // To a client that does not read, nothing is sent.
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
