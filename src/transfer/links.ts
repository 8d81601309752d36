import type { ImageSink } from '../stores/index.ts';
import { Bandwidth, type NamedBandwidth, Throttle } from './bandwidth.ts';
import { Endpoint } from './endpoint.ts';
import type { Lanes } from './lane.ts';
import type { LaneRange } from './lane-phases.ts';
import { type Memory, openMemory } from './memory.ts';

/** Small objects have at least this many lanes at a server, because their requests are cheap. */
const MIN_OBJECT_LANES = 16;

/** A limit of bandwidth. */
export interface RateLimit {
  /** A name that no other limit has. It says in words whose limit it is. */
  readonly name: string;
  /** Returns the bytes a second that the limit allows now; `null` if it allows any number. */
  readonly rate: () => number | null;
}

/** The limits of a worker for all of its copies together. */
export interface LinkLimits {
  /** The range of lanes that copies share at a server, or the number of lanes that each copy has alone. */
  readonly lanes: LaneRange | number;
  /** Bytes that all copies may keep in memory. */
  readonly memory: number;
  /** Returns the limits that the bytes of a copy count against. */
  readonly rates: (ends: LinkEnds) => readonly RateLimit[];
}

/** The two ends of a copy, as far as they matter for its speed. */
export interface LinkEnds {
  /** The server that is read; `undefined` if the source is not a server. */
  readonly from: string | undefined;
  /** The server that is written to; `undefined` if the destination is not a server. */
  readonly to: string | undefined;
  /** The names of both regions: the source's, and the destination's. */
  readonly regions: readonly string[];
  /** The tenants of the copy: the source's, and the destination's if that is another one. */
  readonly tenants?: readonly string[];
}

/** Returns the name of the server to which a sink's blocks go; `undefined` for every other kind of sink. */
export function endpointOf(sink: ImageSink): string | undefined {
  return sink.kind === 'blocks' ? sink.endpoint : undefined;
}

/**
 * The use of a lane. Each use has lanes of its own, because the speed of one use says nothing about the speed
 * of another.
 */
type Use = 'read' | 'write' | 'copy' | 'read objects' | 'write objects';

/** A copy's share of the lanes and the bandwidth. */
export interface Link {
  readonly from: Lanes;
  readonly to: Lanes;
  /** Joins the lanes for requests that let the destination's server copy by itself. */
  readonly joinAtServer: () => Lanes;
  /** The largest number of lanes that the limits allowed each end when the link was opened. */
  readonly maxLanes: { readonly from: number; readonly to: number };
  /** The limits that the copy's bytes count against. */
  readonly bandwidth: Throttle;
}

/** The lanes of a server, for one use. */
export interface ServerLanes {
  /** The name of the server, as its store gives it. */
  readonly server: string;
  readonly use: Use;
  /** The number of lanes that are open now. */
  readonly open: number;
  /** The number of lanes that may be open now; it changes with the server's speed. */
  readonly limit: number;
}

/** The endpoints, the memory and the bandwidth that the copies of a worker share. */
export interface Links {
  readonly memory: Memory;
  /** Returns the lanes of every server that was used. */
  lanes(): readonly ServerLanes[];
  /** Returns the lanes and limits for one copy. */
  open(ends: LinkEnds): Link;
  /** Returns the lanes and limits for many small objects. */
  openForObjects(ends: LinkEnds): Link;
  /** Changes the limits. A fixed number of lanes applies only to copies that begin later. */
  setLimits(limits: LinkLimits): void;
}

/** The lanes of one copy at an endpoint, and the largest number that the limits allowed when it joined. */
interface Joined {
  readonly lanes: Lanes;
  readonly max: number;
}

type ToRange = (lanes: LaneRange | number) => LaneRange;

interface UsedEndpoint {
  readonly server: string;
  readonly use: Use;
  /** Turns the range of lanes in the limits into the range for this endpoint. */
  readonly toRange: ToRange;
  readonly endpoint: Endpoint;
}

/** Opens the endpoints, the memory and the bandwidth that the copies of a worker share. */
export function openLinks(initial: LinkLimits): Links {
  let limits = initial;
  const memory = openMemory(limits.memory);
  const endpoints = new Map<string, UsedEndpoint>();
  const throttle = openThrottles(() => limits);

  function lanesForImage(use: Use, server: string | undefined, tenant: string): Joined {
    const { lanes } = limits;
    // More lanes do not make files on this machine faster.
    if (typeof lanes === 'number' || server === undefined) return ownLanes(rangeOf(lanes).min);
    return sharedLanes(use, server, rangeOf, tenant);
  }

  function lanesForObjects(use: Use, server: string | undefined, tenant: string): Joined {
    const { lanes } = limits;
    if (typeof lanes === 'number' || server === undefined) return ownLanes(rangeForObjects(lanes).max);
    return sharedLanes(use, server, rangeForObjects, tenant);
  }

  function sharedLanes(use: Use, server: string, toRange: ToRange, tenant: string): Joined {
    const key = `${use} ${server}`;
    const range = toRange(limits.lanes);
    const endpoint = endpoints.get(key)?.endpoint ?? new Endpoint(range);
    endpoints.set(key, { server, use, toRange, endpoint });
    return { lanes: endpoint.join(tenant), max: range.max };
  }

  function link(source: Joined, destination: Joined, ends: LinkEnds): Link {
    return {
      from: source.lanes,
      to: destination.lanes,
      joinAtServer: () => lanesForImage('copy', ends.to, tenantOf(ends)).lanes,
      maxLanes: { from: source.max, to: destination.max },
      bandwidth: throttle(ends),
    };
  }

  return {
    memory,
    lanes: () => [...endpoints.values()].map(asServerLanes),
    open(ends) {
      const tenant = tenantOf(ends);
      return link(lanesForImage('read', ends.from, tenant), lanesForImage('write', ends.to, tenant), ends);
    },
    openForObjects(ends) {
      const tenant = tenantOf(ends);
      const source = lanesForObjects('read objects', ends.from, tenant);
      return link(source, lanesForObjects('write objects', ends.to, tenant), ends);
    },
    setLimits(next) {
      limits = next;
      memory.resize(next.memory);
      if (typeof next.lanes === 'number') return;
      for (const { endpoint, toRange } of endpoints.values()) endpoint.setRange(toRange(next.lanes));
    },
  };
}

/** Returns a function that makes the throttle of a copy. The throttles share the bandwidth of each limit. */
function openThrottles(limits: () => LinkLimits): (ends: LinkEnds) => Throttle {
  const bandwidths = new Map<string, Bandwidth>();

  function sharedBandwidth({ name, rate }: RateLimit): NamedBandwidth {
    const bandwidth = bandwidths.get(name) ?? new Bandwidth(rate);
    bandwidths.set(name, bandwidth);
    bandwidth.rate = rate;
    return { name, bandwidth };
  }

  return (ends) => {
    let lookedUp: LinkLimits | undefined;
    let present: readonly NamedBandwidth[] = [];
    // A throttle asks for its limits at every chunk. `rates` is called again only after `setLimits`.
    return new Throttle(() => {
      const now = limits();
      if (lookedUp !== now) present = now.rates(ends).map(sharedBandwidth);
      lookedUp = now;
      return present;
    });
  };
}

function asServerLanes({ server, use, endpoint }: UsedEndpoint): ServerLanes {
  return { server, use, open: endpoint.open, limit: endpoint.lanes };
}

/** Returns the tenant whose lanes a copy uses: the tenant who gets the copy. */
function tenantOf({ tenants = [] }: LinkEnds): string {
  return tenants.at(-1) ?? '';
}

function rangeForObjects(lanes: LaneRange | number): LaneRange {
  const { min, max } = rangeOf(lanes);
  return { min: Math.max(min, MIN_OBJECT_LANES), max: Math.max(max, MIN_OBJECT_LANES) };
}

function rangeOf(lanes: LaneRange | number): LaneRange {
  return typeof lanes === 'number' ? { min: lanes, max: lanes } : lanes;
}

/** Returns lanes that a copy has for itself. */
function ownLanes(lanes: number): Joined {
  return { lanes: new Endpoint({ min: lanes, max: lanes }).join(), max: lanes };
}
