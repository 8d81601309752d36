import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { bundleWorkflowCode, type DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Returns the workflows' code as one bundle. A built package has a file with the bundle. A program that runs
 * from its sources makes the bundle in memory, which takes seconds. So the test suites make one bundle for
 * all their workers, and name its file in IMAGE_REPLICATOR_WORKFLOW_BUNDLE. That bundle encrypts no messages.
 * @param encrypts `true` for the bundle that encrypts the messages of failures
 */
export async function workflowBundle(logger: DefaultLogger, encrypts = false): Promise<WorkflowBundleOption> {
  // Beside the sources, there is no such file.
  const built = join(ROOT, bundleName(encrypts));
  const ofTests = encrypts ? undefined : process.env.IMAGE_REPLICATOR_WORKFLOW_BUNDLE;
  const codePath = ofTests ?? built;
  return existsSync(codePath) ? { codePath } : bundleWorkflows(logger, encrypts);
}

/** Returns the name of the file to which a build writes a bundle. */
export function bundleName(encrypts: boolean): string {
  return encrypts ? 'workflow-bundle-encrypting.js' : 'workflow-bundle.js';
}

/** Bundles the workflows' sources. Returns the code, and writes no file. */
export async function bundleWorkflows(
  logger: DefaultLogger,
  encrypts = false,
): Promise<{ readonly code: string }> {
  const converter = (name: string) => join(ROOT, `src/temporal/${name}${extname(import.meta.filename)}`);
  return bundleWorkflowCode({
    workflowsPath: join(ROOT, 'workflows/index.ts'),
    workflowInterceptorModules: [
      join(ROOT, 'workflows/log-context.ts'),
      join(ROOT, 'workflows/trace-context.ts'),
    ],
    payloadConverterPath: converter('payload-converter'),
    logger,
    ...(encrypts && { failureConverterPath: converter('failure-converter') }),
  });
}
