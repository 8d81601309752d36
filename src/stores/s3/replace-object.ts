import type { Confirm } from '../port.ts';
import { StoreError } from '../store-error.ts';
import type { Bucket } from './bucket.ts';
import { isConditionRefused, isS3Error } from './errors.ts';
import { headOf } from './read-object.ts';

/** Maximum number of tries of a write that others keep coming ahead of. */
const MAX_TRIES = 20;

/**
 * The condition of a write: nothing is at its key, or the object with this ETag is there. A write without a
 * condition replaces whatever is there.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export interface Condition {
  readonly IfNoneMatch?: '*';
  readonly IfMatch?: string;
}

/**
 * Sends the request that puts an object at a key. `confirm` MUST be awaited right before each of its tries.
 */
export type Write = (condition: Condition, confirm: Confirm | undefined) => Promise<void>;

/**
 * Puts an object at a key, in the place of what is there. Throws `unavailable` if others keep coming ahead.
 * @param looksFirst `true` if the write looks at the key first; by default it does so if something was there
 * the last time
 */
export type Replace = (
  key: string,
  write: Write,
  confirm: Confirm | undefined,
  looksFirst?: boolean,
) => Promise<void>;

const NOTHING: Condition = { IfNoneMatch: '*' };

/**
 * Returns a function that replaces only what it has seen. It looks at what is at the key, then has the caller
 * confirm that the write is still wanted, and then sends the write on the condition that the same is still
 * there. So the server refuses the write of a process that was frozen in between, if a later job or task has
 * put its object there. A server that knows no conditions, and an account that may not look, write as they
 * would without all this.
 */
export function replacingIn(store: Bucket): Replace {
  let knowsConditions = true;
  let usuallyFinds = false;
  const look = async (key: string) => {
    if (!knowsConditions) return {};
    const condition = await conditionNow(store, key);
    usuallyFinds = condition !== NOTHING;
    return condition;
  };
  return async (key, write, confirm, looksFirst = usuallyFinds || !knowsConditions) => {
    for (let tries = 1; ; tries += 1) {
      const lookedAt = performance.now();
      const condition = looksFirst || tries > 1 ? await look(key) : NOTHING;
      // Where nothing is, nothing of a later job or task can be replaced: an older answer is good enough.
      const since = condition.IfMatch === undefined ? undefined : lookedAt;
      try {
        return await write(condition, confirm && (() => confirm(since)));
      } catch (error) {
        if (knowsConditions && isS3Error(error, 'NotImplemented')) knowsConditions = false;
        else if (!isRefused(error, condition)) throw error;
        else if (tries === MAX_TRIES) {
          throw new StoreError('unavailable', 'others keep writing to the same key', { cause: error });
        }
      }
    }
  };
}

async function conditionNow(store: Bucket, key: string): Promise<Condition> {
  try {
    const found = await headOf(store, key);
    return found === undefined ? NOTHING : { IfMatch: found.etag };
  } catch (error) {
    if (isS3Error(error, 'AccessDenied')) return {};
    throw error;
  }
}

/** Tells whether a write was refused because something else is at its key than it required. */
function isRefused(error: unknown, { IfMatch }: Condition): boolean {
  // A server that has something else at the key says so with 412, and with 404 if there is nothing any more.
  const isGone = IfMatch !== undefined && isS3Error(error, 'NoSuchKey');
  return isGone || isConditionRefused(error);
}
