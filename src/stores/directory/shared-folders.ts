import type { Folder, MadeFolder } from './folder.ts';

/** Runs something in a folder, which all that run at the same time have open together. */
export type InFolder = <T>(steps: readonly string[], use: (folder: Folder) => Promise<T>) => Promise<T>;

/** For how long it may be found by others: it can be moved, or another one put in its place; milliseconds. */
const SHARED_FOR = 1000;

interface Shared {
  readonly folder: Promise<MadeFolder>;
  readonly until: number;
  users: number;
  hasFailed: boolean;
}

/** For folders that many small things need: to open one takes as long as the thing itself. */
export function sharedFolders(make: (steps: readonly string[]) => Promise<MadeFolder>): InFolder {
  const open = new Map<string, Shared>();
  return async (steps, use) => {
    const key = steps.join('/');
    const found = open.get(key);
    const isFresh = found !== undefined && Date.now() < found.until;
    const shared = isFresh
      ? found
      : { folder: make(steps), until: Date.now() + SHARED_FOR, users: 0, hasFailed: false };
    open.set(key, shared);
    shared.users += 1;
    try {
      return await use(await shared.folder);
    } catch (error) {
      shared.hasFailed = true;
      throw error;
    } finally {
      shared.users -= 1;
      if (shared.users === 0) {
        if (open.get(key) === shared) open.delete(key);
        await letGo(shared);
      }
    }
  };
}

async function letGo({ folder, hasFailed }: Shared): Promise<void> {
  const made = await folder.catch(() => undefined);
  if (hasFailed) await made?.unmake?.();
  await made?.close().catch(() => {});
}
