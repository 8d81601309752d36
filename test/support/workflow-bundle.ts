import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DefaultLogger } from '@temporalio/worker';
import { bundleWorkflows } from '../../src/worker/workflow-bundle.ts';

/**
 * Bundles the workflows once, into a folder, for all the workers that this process and its children start.
 */
export async function shareWorkflowBundle(folder: string): Promise<void> {
  const file = join(folder, 'workflow-bundle.js');
  const { code } = await bundleWorkflows(new DefaultLogger('ERROR'));
  await writeFile(file, code);
  process.env.IMAGE_REPLICATOR_WORKFLOW_BUNDLE = file;
}
