import type { TestProject } from 'vitest/node';
import { ACCOUNT, startGateway } from './gateway.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of the S3 server that the test files share. Each test file has a bucket of its own. */
    s3Endpoint: string;
  }
}

/** Starts one S3 server for all test files. They find its account in their environment, as the SDK does. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const gateway = await startGateway();
  project.provide('s3Endpoint', gateway.endpoint);
  process.env.AWS_ACCESS_KEY_ID = ACCOUNT.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = ACCOUNT.secretAccessKey;
  return () => gateway.stop();
}
