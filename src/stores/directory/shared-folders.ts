import type { Folder, MadeFolder } from './folder.ts';

/** Runs something in a folder, which all that run at the same time have open together. */
export type InFolder = <T>(steps: readonly string[], use: (folder: Folder) => Promise<T>) => Promise<T>;

interface Shared {
  readonly folder: Promise<MadeFolder>;
  users: number;
  hasFailed: boolean;
}

/** For folders that many small things need: to open one takes as long as the thing itself. */
export function sharedFolders(make: (steps: readonly string[]) => Promise<MadeFolder>): InFolder {
  const open = new Map<string, Shared>();
  return async (steps, use) => {
    const key = steps.join('/');
    const shared = open.get(key) ?? { folder: make(steps), users: 0, hasFailed: false };
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
        open.delete(key);
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
