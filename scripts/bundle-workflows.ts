/** Writes the workflow bundle of the sources to a file: `node scripts/bundle-workflows.ts FILE`. */
import { writeFile } from 'node:fs/promises';
import { DefaultLogger } from '@temporalio/worker';
import { bundleWorkflows } from '../src/worker/workflow-bundle.ts';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: node scripts/bundle-workflows.ts FILE');
const { code } = await bundleWorkflows(new DefaultLogger('WARN'));
await writeFile(file, code);
// The bundler's own threads would keep the process.
process.exit();
