import type { ImageSink } from '../stores/index.ts';
import { Bandwidth } from './bandwidth.ts';
import { Endpoint, type Lanes } from './endpoint.ts';
import type { LaneRange } from './lane-limit.ts';
import { type Memory, openMemory } from './memory.ts';

/** So many small objects may always be on their way to a server, or from it. */
const MIN_OBJECTS = 16;

/** What a worker may use for all of its copies. */
export interface LinkLimits {
  /** How many lanes an endpoint gets; a number is each copy's own. */
  readonly lanes: LaneRange | number;
  /** Bytes that all copies may keep in memory. */
  readonly memory: number;
  /** Bytes a second of all copies; `null`: no limit. */
  readonly bandwidth: number | null;
  /** Bytes a second that are read from or written to a region, by its name. */
  readonly regionBandwidth: ReadonlyMap<string, number>;
}

/** The two ends of a copy, as far as they matter for its pace. */
export interface Ends {
  /** Names the server that is read; `undefined` if none is. */
  readonly from: string | undefined;
  /** Names the server that is written to; `undefined` if none is. */
  readonly to: string | undefined;
  /** Names of the regions. */
  readonly regions: readonly string[];
}

/** Returns the name of the server that a sink's requests go to. */
export function endpointOf(sink: ImageSink): string | undefined {
  return sink.kind === 'blocks' ? sink.endpoint : undefined;
}

/** What a server is good for at reading says nothing of how well it takes what is written. */
type Use = 'read' | 'write';

/** What a copy may use of what all share. */
export interface Link {
  readonly from: Lanes;
  readonly to: Lanes;
  /** The most lanes that either end will ever have. */
  readonly maxLanes: { readonly from: number; readonly to: number };
  /** What the copy's bytes have to keep to. */
  readonly limits: readonly Bandwidth[];
}

/** The endpoints, the memory and the bandwidth that the copies of a worker share. */
export interface Links {
  readonly memory: Memory;
  /** Opens the way of one copy. */
  open(ends: Ends): Link;
  /** Opens the way of many small objects: a request for one is cheap, so that there are more of them. */
  openForObjects(ends: Ends): Link;
}

/** Opens what the copies of a worker share. */
export function openLinks({ lanes, memory, bandwidth, regionBandwidth }: LinkLimits): Links {
  const endpoints = new Map<string, Endpoint>();
  const all = bandwidth === null ? [] : [new Bandwidth(bandwidth)];
  const ofRegions = new Map([...regionBandwidth].map(([name, rate]) => [name, new Bandwidth(rate)]));

  function lanesOf(use: Use, address: string | undefined): { lanes: Lanes; max: number } {
    // What is on this machine gets no faster by more lanes.
    if (typeof lanes === 'number' || address === undefined) return own(rangeOf(lanes).min);
    return shared(`${use} ${address}`, lanes);
  }

  function objectLanesOf(use: Use, address: string | undefined): { lanes: Lanes; max: number } {
    const { min, max } = rangeOf(lanes);
    const range = { min: Math.max(min, MIN_OBJECTS), max: Math.max(max, MIN_OBJECTS) };
    if (typeof lanes === 'number') return own(range.min);
    return address === undefined ? own(range.max) : shared(`${use} objects ${address}`, range);
  }

  function shared(key: string, range: LaneRange): { lanes: Lanes; max: number } {
    const endpoint = endpoints.get(key) ?? new Endpoint(range);
    endpoints.set(key, endpoint);
    return { lanes: endpoint.join(), max: range.max };
  }

  function link(
    source: { lanes: Lanes; max: number },
    destination: { lanes: Lanes; max: number },
    names: readonly string[],
  ): Link {
    const limits = [...new Set(names)].flatMap((name) => ofRegions.get(name) ?? []);
    return {
      from: source.lanes,
      to: destination.lanes,
      maxLanes: { from: source.max, to: destination.max },
      limits: [...all, ...limits],
    };
  }

  return {
    memory: openMemory(memory),
    open: ({ from, to, regions }) => link(lanesOf('read', from), lanesOf('write', to), regions),
    openForObjects: ({ from, to, regions }) =>
      link(objectLanesOf('read', from), objectLanesOf('write', to), regions),
  };
}

function rangeOf(lanes: LaneRange | number): LaneRange {
  return typeof lanes === 'number' ? { min: lanes, max: lanes } : lanes;
}

/** Returns lanes that a copy has for itself. */
function own(lanes: number): { lanes: Lanes; max: number } {
  return { lanes: new Endpoint({ min: lanes, max: lanes }).join(), max: lanes };
}
