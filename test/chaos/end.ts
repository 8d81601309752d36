import type { Match } from './proxy-rules.ts';

/** A spot at which a process can be held: a request, or a call to the file system. */
export type Spot =
  | { readonly kind: 'http'; readonly match: Match; readonly what: 'hold' | 'hold-answer' }
  | { readonly kind: 'file'; readonly calls: readonly string[]; readonly path: string };

/** A step of a copy at which a worker can be held. */
export type Step = 'prepare' | 'verify' | 'commit' | 'discard';

/** The contents of one end of a copy. */
export interface Look {
  /** The images that everybody can see. */
  readonly images: readonly { readonly id: string; readonly sha512: string; readonly bytes: number }[];
  /** Everything else. */
  readonly rest: readonly string[];
}

/** One end of a trial's copy. It is looked at and changed by the store's own means, without the product. */
export interface End {
  readonly objects: boolean;
  /** The tenant whose images they are; `null` if an operator makes the copies. */
  readonly tenant: string | null;
  /** The address of the server; `null` for a folder. */
  readonly server: string | null;
  /**
   * Returns the `store` of the region's configuration. With a `line`, the product reaches the server through
   * it.
   */
  store(line: Line | null): Record<string, unknown>;
  /** Adds an image or an object, and returns its id. */
  seed(data: Buffer): Promise<string>;
  look(ids: readonly string[]): Promise<Look>;
  /**
   * Returns a text that changes whenever the contents change, as far as that can be told cheaply. It serves
   * those who wait until nothing changes any more.
   */
  glance(ids: readonly string[]): Promise<string>;
  /** Changes or deletes an image behind the copy's back. */
  spoil(id: string, how: 'changed' | 'deleted'): Promise<void>;
  /** The spots at which an image's data is read and written. */
  readonly reads: Spot;
  readonly writes: Spot;
  readonly steps: Readonly<Record<Step, readonly Spot[]>>;
  close(): Promise<void>;
}

/** An address of a server that leads through a proxy. */
export interface Line {
  readonly url: string;
  /** The name of the region. The product finds a Glance by it. */
  readonly region: string;
}

/** The path of the plain object that is copied. */
export const OBJECT = 'disks/one 1.raw';
