import type { Confirm } from '../port.ts';
import { StoreError } from '../store-error.ts';
import type { Bucket } from './bucket.ts';
import { isConditionRefused, isS3Error } from './errors.ts';
import { headOf } from './read-object.ts';

/** Maximum number of tries to write to a key to which others keep writing. */
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

/** An object that is to be put at a key, in the place of what is there. */
export interface Replacement {
  readonly key: string;
  /** Sends the request that puts the object. MUST await `confirm` right before each try. */
  readonly write: (condition: Condition, confirm: Confirm | undefined) => Promise<void>;
  /** Throws if the caller no longer wants the write. */
  readonly confirm: Confirm | undefined;
  /**
   * `true` to look at the key before the first try. By default, the first try goes without a look, unless the
   * last look at any key has found an object.
   */
  readonly looksFirst?: boolean;
}

/** Puts an object at a key. Throws `unavailable` if others keep writing to the key. */
export type Replace = (replacement: Replacement) => Promise<void>;

const NOTHING: Condition = { IfNoneMatch: '*' };

/**
 * Returns a function that replaces only what it has seen:
 * 1. It looks at the key. The first try may skip the look, and then has the condition that nothing is there.
 * 2. The caller confirms that the write is still wanted.
 * 3. It sends the write, on the condition that the key still has what was seen.
 *
 * If the process is frozen in between, and a later job or task puts its object at the key, the server refuses
 * the write. If the server knows no conditions, or the account may not look, nothing protects that object.
 */
export function replacingIn(store: Bucket): Replace {
  let knowsConditions = true;
  let usuallyFinds = false;
  const conditionFor = async (key: string, looks: boolean): Promise<Condition> => {
    if (!knowsConditions) return {};
    if (!looks) return NOTHING;
    const condition = await conditionNow(store, key);
    usuallyFinds = condition !== NOTHING;
    return condition;
  };
  return async ({ key, write, confirm, looksFirst = usuallyFinds }) => {
    for (let tries = 1; ; tries += 1) {
      const lookedAt = performance.now();
      const condition = await conditionFor(key, looksFirst || tries > 1);
      // If no object was seen, `confirm` may trust an answer from before the look.
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

/** Tells whether a write was refused because its condition does not hold. */
function isRefused(error: unknown, { IfMatch }: Condition): boolean {
  // If the object to replace is gone, some servers answer 404.
  const isGone = IfMatch !== undefined && isS3Error(error, 'NoSuchKey');
  return isGone || isConditionRefused(error);
}
