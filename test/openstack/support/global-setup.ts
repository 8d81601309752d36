import { startCloud } from './cloud-process.ts';

/** Starts one cloud for all test files, which find it through their environment. */
export async function setup(): Promise<() => Promise<void>> {
  const cloud = await startCloud();
  process.env.OPENSTACK_TEST_AUTH_URL = cloud.authUrl;
  process.env.OPENSTACK_TEST_DIR = cloud.folder;
  process.env.OPENSTACK_TEST_PROGRAMS = cloud.programs;
  return () => cloud.stop();
}
