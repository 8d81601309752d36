/**
 * This module is loaded into a process with `--import`. Right after the process has read its configuration
 * for the first time, the file `<configuration>.next` takes the place of the configuration.
 */
import { renameSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const config = process.env.IMAGE_REPLICATOR_CONFIG ?? '';
const { readFile } = promises;
let hasChanged = false;

promises.readFile = (async (...call: Parameters<typeof readFile>) => {
  const contents = await readFile(...call);
  if (call[0] === config && !hasChanged) {
    hasChanged = true;
    renameSync(`${config}.next`, config);
  }
  return contents;
}) as typeof readFile;
syncBuiltinESMExports();
