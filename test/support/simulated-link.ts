import type { LaneLimit } from '../../src/transfer/lane-limit.ts';

const MIB = 1024 * 1024;
const STEP = 10;

/** A link in virtual time. Rates are in bytes a second, times in milliseconds. */
export interface Link {
  /** The rate that all connections together have. */
  readonly line?: number;
  /** The rate of one connection. */
  readonly connection: number;
  /** The time from a request to its first byte. */
  readonly delay: number;
  /** The number of requests at a time above which further requests are refused. */
  readonly mostRequests?: number;
  /** True if a request reports its bytes only at its end. */
  readonly reportsAtEnd?: boolean;
  /** The number of bytes of a request. */
  readonly part?: number;
}

/** What happened on a link during some time. */
export interface Outcome {
  /** Bytes per second. */
  readonly goodput: number;
  readonly refused: number;
  readonly requests: number;
  /** The number of lanes that were allowed at each step. */
  readonly lanes: readonly number[];
}

interface Request {
  readonly lane: number;
  readonly begun: number;
  moved: number;
  since: number;
}

/** Simulates a clock and a reader. The reader always has more to read, and uses as many lanes as it may. */
export function simulation(open: (now: () => number) => LaneLimit) {
  let now = 0;
  const limit = open(() => now);
  const running = new Map<number, Request>();

  function begin(link: Link): boolean {
    if (running.size >= (link.mostRequests ?? Number.POSITIVE_INFINITY)) {
      limit.refused(0);
      return false;
    }
    let lane = 0;
    while (running.has(lane)) lane += 1;
    running.set(lane, { lane, begun: now, moved: 0, since: now });
    limit.setInUse(running.size);
    return true;
  }

  function move(request: Request, bytes: number, link: Link): void {
    const part = link.part ?? 8 * MIB;
    request.moved += bytes;
    const isDone = request.moved >= part;
    if (!link.reportsAtEnd || isDone) {
      limit.moved(request.lane, link.reportsAtEnd ? part : bytes, request.since);
      request.since = now;
    }
    if (!isDone) return;
    running.delete(request.lane);
    limit.setInUse(running.size);
  }

  return {
    limit,
    /** Lets `time` milliseconds pass. `lanes` limits the number of lanes that the reader uses. */
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
