import type { Match } from './proxy-rules.ts';

/** A spot at which a process can be held: a request, or a call to the file system. */
export type Spot =
  | { readonly kind: 'http'; readonly match: Match; readonly what: 'hold' | 'hold-answer' }
  | { readonly kind: 'file'; readonly calls: readonly string[]; readonly path: string };

/** A step of which somebody may want to get hold. */
export type Step = 'prepare' | 'verify' | 'commit' | 'discard';

/** The contents of one end of a copy. */
export interface Look {
  /** The images that everybody sees. */
  readonly images: readonly { readonly id: string; readonly sha512: string; readonly bytes: number }[];
  /** All else. */
  readonly rest: readonly string[];
}

/** One end of a trial's copy, as it is without the product: seen and changed with the store's own means. */
export interface End {
  readonly objects: boolean;
  /** On whose behalf images are there; `null`: an operator's. */
  readonly tenant: string | null;
  /** Address of the server; `null` for a folder. */
  readonly server: string | null;
  /** The region's `store` in a configuration, by way of `line` where that is given. */
  store(line: Line | null): Record<string, unknown>;
  /** Puts an image there, or an object, and gives its id. */
  seed(data: Buffer): Promise<string>;
  look(ids: readonly string[]): Promise<Look>;
  /** The same, as far as it costs little: for whoever waits until nothing changes any more. */
  glance(ids: readonly string[]): Promise<string>;
  /** Changes or deletes an image behind the copy's back. */
  spoil(id: string, how: 'changed' | 'deleted'): Promise<void>;
  /** Reads of an image's data, and writes. */
  readonly reads: Spot;
  readonly writes: Spot;
  readonly steps: Readonly<Record<Step, readonly Spot[]>>;
  close(): Promise<void>;
}

/** A way to a server that has a proxy on it. */
export interface Line {
  readonly url: string;
  /** A Glance is found by its region's name. */
  readonly region: string;
}

/** Where plain objects are. */
export const OBJECT = 'disks/one 1.raw';
