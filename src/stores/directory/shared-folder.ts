import type { Folder } from './folder.ts';

/** Runs something in a folder, which all that run at the same time have open together. */
export type InFolder = <T>(use: (folder: Folder) => Promise<T>) => Promise<T>;

/** For a folder that everybody needs for each small thing: to open it takes as long as the thing itself. */
export function sharedFolder(open: () => Promise<Folder>): InFolder {
  let opened: Promise<Folder> | undefined;
  let users = 0;
  return async (use) => {
    opened ??= open();
    const folder = opened;
    users += 1;
    try {
      return await use(await folder);
    } finally {
      users -= 1;
      if (users === 0) {
        opened = undefined;
        await folder.then((idle) => idle.close()).catch(() => {});
      }
    }
  };
}
