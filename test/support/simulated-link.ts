import type { LaneLimit } from '../../src/transfer/lane-limit.ts';

const MIB = 1024 * 1024;
const STEP = 10;

/** A link in virtual time. Rates are in bytes a second, times in milliseconds. */
export interface Link {
  /** What all connections share. */
  readonly line?: number;
  /** What one connection carries. */
  readonly connection: number;
  /** From a request to its first byte. */
  readonly delay: number;
  /** More requests at a time are refused. */
  readonly mostRequests?: number;
  /** Each request tells only at its end that it has moved its bytes. */
  readonly tellsAtEnd?: boolean;
  /** Bytes of a request. */
  readonly part?: number;
}

/** The result of a period of time on a link. */
export interface Outcome {
  /** Bytes a second. */
  readonly goodput: number;
  readonly refused: number;
  readonly requests: number;
  /** The lanes that there might be, at each step. */
  readonly lanes: readonly number[];
}

interface Request {
  readonly lane: number;
  readonly begun: number;
  moved: number;
  since: number;
}

/** A clock, and somebody who always has something to read and does so in as many lanes as there may be. */
export function simulation(open: (now: () => number) => LaneLimit) {
  let now = 0;
  const limit = open(() => now);
  const running = new Map<number, Request>();

  function begin(link: Link): boolean {
    if (running.size >= (link.mostRequests ?? Number.POSITIVE_INFINITY)) {
      limit.overloaded(0, true);
      return false;
    }
    let lane = 0;
    while (running.has(lane)) lane += 1;
    running.set(lane, { lane, begun: now, moved: 0, since: now });
    limit.inUse(running.size);
    return true;
  }

  function move(request: Request, bytes: number, link: Link): void {
    const part = link.part ?? 8 * MIB;
    request.moved += bytes;
    const isDone = request.moved >= part;
    if (!link.tellsAtEnd || isDone) {
      limit.moved(request.lane, link.tellsAtEnd ? part : bytes, request.since);
      request.since = now;
    }
    if (!isDone) return;
    running.delete(request.lane);
    limit.inUse(running.size);
  }

  return {
    limit,
    /** Lets time pass; milliseconds. `lanes` is how many are wanted, where that is fewer. */
    run(link: Link, time: number, lanes = Number.POSITIVE_INFINITY): Outcome {
      const history: number[] = [];
      let [moved, refused, requests] = [0, 0, 0];
      for (const end = now + time; now < end; now += STEP) {
        while (limit.pause === 0 && running.size < Math.min(limit.lanes, lanes)) {
          requests += 1;
          if (begin(link)) continue;
          refused += 1;
          break;
        }
        const flowing = [...running.values()].filter(({ begun }) => now - begun >= link.delay);
        const share = Math.min(link.connection, (link.line ?? Number.POSITIVE_INFINITY) / flowing.length);
        for (const request of flowing) {
          const bytes = (share * STEP) / 1000;
          moved += bytes;
          move(request, bytes, link);
        }
        history.push(limit.lanes);
      }
      return { goodput: (moved / time) * 1000, refused, requests, lanes: history };
    },
  };
}
