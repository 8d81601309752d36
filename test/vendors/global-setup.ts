import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The path of a Python that has the vendors' clients. */
    vendorsPython: string;
  }
}

/** Installs missing clients of the vendors. */
export function setup(project: TestProject): void {
  const python = execFileSync(join(import.meta.dirname, 'install.sh'), { encoding: 'utf8' }).trim();
  project.provide('vendorsPython', python);
}
