import type { TestProject } from 'vitest/node';
import { ACCOUNT, type ServerTraits } from './s3-server.ts';
import { chosenServer } from './start-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of the S3 server that the test files share. Each test file has a bucket of its own. */
    s3Endpoint: string;
    s3Traits: ServerTraits;
  }
}

/** Starts one S3 server for all test files. They find its account in their environment, as the SDK does. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { start, traits } = chosenServer();
  const server = await start();
  project.provide('s3Endpoint', server.endpoint);
  project.provide('s3Traits', traits);
  process.env.AWS_ACCESS_KEY_ID = ACCOUNT.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = ACCOUNT.secretAccessKey;
  return () => server.stop();
}
