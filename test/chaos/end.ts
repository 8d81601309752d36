import type { Match } from './proxy-rules.ts';

/** A place where a process can be held: a request, or a file system call. */
export type Spot =
  | { readonly kind: 'http'; readonly match: Match; readonly what: 'hold' | 'hold-answer' }
  | { readonly kind: 'file'; readonly calls: readonly string[]; readonly path: string };

/** A step of a copy at which a worker can be held. */
export type Step = 'prepare' | 'verify' | 'commit' | 'discard';

/** The contents of one end of a copy. */
export interface Look {
  /** The images that can be seen. */
  readonly images: readonly { readonly id: string; readonly sha512: string; readonly bytes: number }[];
  /** Everything else. */
  readonly rest: readonly string[];
}

/**
 * One end of the copy of a trial. It is looked at and changed with the store's own tools, without the
 * product.
 */
export interface End {
  readonly objects: boolean;
  /** The tenant to whom the images belong; `null` if an operator makes the copies. */
  readonly tenant: string | null;
  /** The address of the server; `null` for a folder. */
  readonly server: string | null;
  /**
   * Returns the `store` of the region's configuration. If a `line` is given, the product reaches the server
   * through it.
   */
  store(line: Line | null): Record<string, unknown>;
  /** Adds an image or an object, and returns its id. */
  seed(data: Buffer): Promise<string>;
  look(ids: readonly string[]): Promise<Look>;
  /**
   * Returns a text that changes when the contents change, as far as a cheap look can tell. By this text a
   * trial waits until nothing changes any more.
   */
  fingerprint(ids: readonly string[]): Promise<string>;
  /** Changes or deletes an image without telling the copy. */
  spoil(id: string, how: 'changed' | 'deleted'): Promise<void>;
  /** The places where the data of an image is read and written. */
  readonly reads: Spot;
  readonly writes: Spot;
  readonly steps: Readonly<Record<Step, readonly Spot[]>>;
  close(): Promise<void>;
}

/** The address of a server behind a proxy. */
export interface Line {
  readonly url: string;
  /** The name of the region, by which the product finds a Glance. */
  readonly region: string;
}

/** The path of the plain object that is copied. */
export const OBJECT = 'disks/one 1.raw';
