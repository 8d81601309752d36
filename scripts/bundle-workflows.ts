/**
 * Bundles the workflows, and writes both bundles into a folder: `node scripts/bundle-workflows.ts FOLDER`.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DefaultLogger } from '@temporalio/worker';
import { bundleName, bundleWorkflows } from '../src/worker/workflow-bundle.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node scripts/bundle-workflows.ts FOLDER');
for (const encrypts of [false, true]) {
  const { code } = await bundleWorkflows(new DefaultLogger('WARN'), encrypts);
  await writeFile(join(folder, bundleName(encrypts)), code);
}
// The bundler leaves threads that would keep the process running.
process.exit();
