import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { bundleWorkflowCode, type DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Returns the workflows' code as one bundle. If the program was built, the build has made it. If the program
 * runs from its sources, it is made in memory, which takes seconds. IMAGE_REPLICATOR_WORKFLOW_BUNDLE names a
 * bundle without encryption that the test suites have made once for all their workers.
 * @param encrypts `true` if the messages of failures are to be encrypted, for which there is a separate
 * bundle
 */
export async function workflowBundle(logger: DefaultLogger, encrypts = false): Promise<WorkflowBundleOption> {
  // `npm run build` puts the bundles beside the compiled program. Beside the sources there are none.
  const built = join(ROOT, bundleName(encrypts));
  const codePath = (encrypts ? undefined : process.env.IMAGE_REPLICATOR_WORKFLOW_BUNDLE) ?? built;
  return existsSync(codePath) ? { codePath } : bundleWorkflows(logger, encrypts);
}

/** Returns the name of the file that a build writes a bundle to. */
export function bundleName(encrypts: boolean): string {
  return encrypts ? 'workflow-bundle-encrypting.js' : 'workflow-bundle.js';
}

/** Bundles the workflows' sources. Returns the code; writes nothing. */
export async function bundleWorkflows(
  logger: DefaultLogger,
  encrypts = false,
): Promise<{ readonly code: string }> {
  const converter = (name: string) => join(ROOT, `src/temporal/${name}${extname(import.meta.filename)}`);
  return bundleWorkflowCode({
    workflowsPath: join(ROOT, 'workflows/index.ts'),
    workflowInterceptorModules: [join(ROOT, 'workflows/log-context.ts')],
    payloadConverterPath: converter('payload-converter'),
    logger,
    ...(encrypts && { failureConverterPath: converter('failure-converter') }),
  });
}
