import type { ImageSink } from '../stores/index.ts';
import { Bandwidth, type NamedBandwidth, Throttle } from './bandwidth.ts';
import { Endpoint } from './endpoint.ts';
import type { Lanes } from './lane.ts';
import type { LaneRange } from './lane-phases.ts';
import { type Memory, openMemory } from './memory.ts';

/** The smallest number of lanes that small objects get at a server. */
const MIN_OBJECTS = 16;

/** A limit of bandwidth. */
export interface RateLimit {
  /** A name that no other limit has. It says in words whose limit it is. */
  readonly name: string;
  /** Returns the bytes a second that the limit allows now; `null` if it allows any number. */
  readonly rate: () => number | null;
}

/** The limits of a worker for all of its copies together. */
export interface LinkLimits {
  /**
   * The range of lanes that an endpoint gets. If this is a number, each copy has that many lanes of its own.
   */
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
 * The use of a server. Reading and writing have lanes of their own, because the speed of one says nothing
 * about the other.
 */
type Use = 'read' | 'write' | 'copy';

/** The suffix of a use whose lanes are for small objects. */
const OBJECTS_SUFFIX = ' objects';

/** A copy's share of the lanes and the bandwidth. */
export interface Link {
  readonly from: Lanes;
  readonly to: Lanes;
  /** Joins the lanes for requests that let the destination's server copy by itself. */
  readonly joinAtServer: () => Lanes;
  /** The largest number of lanes that each end can ever have. */
  readonly maxLanes: { readonly from: number; readonly to: number };
  /** The limits that the copy's bytes count against. */
  readonly bandwidth: Throttle;
}

/** The lanes of a server, for one use. */
export interface ServerLanes {
  /** The name of the server, as its store gives it. */
  readonly server: string;
  /** The use of the lanes: `copy`, or `read` or `write`, followed by ` objects` for small objects. */
  readonly use: string;
  /** The number of lanes that are open now. */
  readonly open: number;
  /** The number of lanes that may be open now; it changes with the server's speed. */
  readonly limit: number;
}

/** The endpoints, the memory and the bandwidth that the copies of a worker share. */
export interface Links {
  readonly memory: Memory;
  /** Returns the lanes of all servers that copies have used. */
  lanes(): readonly ServerLanes[];
  /** Returns the lanes and limits for one copy. */
  open(ends: LinkEnds): Link;
  /**
   * Returns the lanes and limits for many small objects. There are more lanes than for an image, because a
   * request for a small object is cheap.
   */
  openForObjects(ends: LinkEnds): Link;
  /** Changes the limits. A fixed number of lanes applies only to copies that begin later. */
  setLimits(limits: LinkLimits): void;
}

/** The lanes of one copy at an endpoint, and the most that there may ever be. */
interface Joined {
  readonly lanes: Lanes;
  readonly max: number;
}

interface UsedEndpoint {
  readonly server: string;
  readonly use: string;
  readonly endpoint: Endpoint;
}

/** Opens the endpoints, the memory and the bandwidth that the copies of a worker share. */
export function openLinks(initial: LinkLimits): Links {
  let limits = initial;
  const memory = openMemory(limits.memory);
  const endpoints = new Map<string, UsedEndpoint>();
  const throttle = openThrottles(() => limits);

  function lanesOf(use: Use, address: string | undefined, tenant: string): Joined {
    // More lanes do not make files on this machine faster.
    if (typeof limits.lanes === 'number' || address === undefined) return ownLanes(rangeOf(limits.lanes).min);
    return sharedLanes(use, address, limits.lanes, tenant);
  }

  function objectLanesOf(use: Use, address: string | undefined, tenant: string): Joined {
    const range = rangeForObjects(limits.lanes);
    if (typeof limits.lanes === 'number') return ownLanes(range.min);
    if (address === undefined) return ownLanes(range.max);
    return sharedLanes(`${use}${OBJECTS_SUFFIX}`, address, range, tenant);
  }

  function sharedLanes(use: string, server: string, range: LaneRange, tenant: string): Joined {
    const key = `${use} ${server}`;
    const { endpoint } = endpoints.get(key) ?? { endpoint: new Endpoint(range) };
    endpoints.set(key, { server, use, endpoint });
    return { lanes: endpoint.join(tenant), max: range.max };
  }

  function link(join: typeof lanesOf, ends: LinkEnds): Link {
    const tenant = tenantOf(ends);
    const [source, destination] = [join('read', ends.from, tenant), join('write', ends.to, tenant)];
    return {
      from: source.lanes,
      to: destination.lanes,
      joinAtServer: () => lanesOf('copy', ends.to, tenant).lanes,
      maxLanes: { from: source.max, to: destination.max },
      bandwidth: throttle(ends),
    };
  }

  return {
    memory,
    lanes: () => [...endpoints.values()].map(asServerLanes),
    open: (ends) => link(lanesOf, ends),
    openForObjects: (ends) => link(objectLanesOf, ends),
    setLimits(next) {
      limits = next;
      memory.resize(next.memory);
      if (typeof next.lanes === 'number') return;
      for (const { endpoint, use } of endpoints.values()) endpoint.setRange(rangeOfUse(use, next.lanes));
    },
  };
}

/** Returns a function that makes the throttles of copies, which share the bandwidth of each limit. */
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
    // The limits are looked up again only when they have changed, because this is called for every chunk.
    return new Throttle(() => {
      const now = limits();
      if (lookedUp !== now) present = now.rates(ends).map(sharedBandwidth);
      lookedUp = now;
      return present;
    });
  };
}

function rangeOfUse(use: string, lanes: LaneRange): LaneRange {
  return use.endsWith(OBJECTS_SUFFIX) ? rangeForObjects(lanes) : lanes;
}

function asServerLanes({ server, use, endpoint }: UsedEndpoint) {
  return { server, use, open: endpoint.open, limit: endpoint.lanes };
}

/** Returns the tenant to whom a copy's lanes are counted: the one who gets the copy. */
function tenantOf({ tenants = [] }: LinkEnds): string {
  return tenants.at(-1) ?? '';
}

function rangeForObjects(lanes: LaneRange | number): LaneRange {
  const { min, max } = rangeOf(lanes);
  return { min: Math.max(min, MIN_OBJECTS), max: Math.max(max, MIN_OBJECTS) };
}

function rangeOf(lanes: LaneRange | number): LaneRange {
  return typeof lanes === 'number' ? { min: lanes, max: lanes } : lanes;
}

/** Returns lanes that a copy has for itself. */
function ownLanes(lanes: number): Joined {
  return { lanes: new Endpoint({ min: lanes, max: lanes }).join(), max: lanes };
}
