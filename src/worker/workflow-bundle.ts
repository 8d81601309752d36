import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, type DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';

const ROOT = join(import.meta.dirname, '../..');
/** Where `npm run build` puts the bundle: beside the compiled program. Beside the sources there is none. */
const BUILT_BUNDLE = join(ROOT, 'workflow-bundle.js');

/**
 * Returns the workflows' code as one file: the one that was built with the program, or, if the program runs
 * from its sources, one that is made in memory, which takes seconds. IMAGE_REPLICATOR_WORKFLOW_BUNDLE names a
 * bundle that the test suites have made once for all their workers.
 */
export async function workflowBundle(logger: DefaultLogger): Promise<WorkflowBundleOption> {
  const codePath = process.env.IMAGE_REPLICATOR_WORKFLOW_BUNDLE ?? BUILT_BUNDLE;
  return existsSync(codePath) ? { codePath } : bundleWorkflows(logger);
}

/** Bundles the workflows' sources. Returns the code; writes nothing. */
export async function bundleWorkflows(logger: DefaultLogger): Promise<{ readonly code: string }> {
  return bundleWorkflowCode({ workflowsPath: join(ROOT, 'workflows/index.ts'), logger });
}
