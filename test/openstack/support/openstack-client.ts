import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AUTH_URL, PASSWORD } from '../keystone-rig.ts';

/** What the real client prints with `-f json`, or `null` if it prints nothing. */
// biome-ignore lint/suspicious/noExplicitAny: each test knows the fields of the client's answers
type Printed = any;

/**
 * Returns a function that runs the real `openstack` client as a user of `clouds.yaml`. The function rejects
 * if the client fails.
 */
export function openstackAs(user: string): (...args: string[]) => Promise<Printed> {
  const OS_CLIENT_CONFIG_FILE = join(process.env.OPENSTACK_TEST_DIR ?? '', 'clouds.yaml');
  return (...args) => openstack({ OS_CLIENT_CONFIG_FILE, OS_CLOUD: user }, args);
}

/** Runs the client as the administrator of the cloud, who is not in `clouds.yaml`. */
export function openstackAsAdmin(...args: string[]): Promise<Printed> {
  const account = { OS_USERNAME: 'admin', OS_PASSWORD: PASSWORD, OS_PROJECT_NAME: 'admin' };
  const domains = { OS_USER_DOMAIN_ID: 'default', OS_PROJECT_DOMAIN_ID: 'default' };
  return openstack({ OS_AUTH_URL: AUTH_URL, OS_IDENTITY_API_VERSION: '3', ...account, ...domains }, args);
}

async function openstack(env: Record<string, string>, args: readonly string[]): Promise<Printed> {
  const program = join(process.env.OPENSTACK_TEST_PROGRAMS ?? '', 'openstack');
  const { PATH, HOME } = process.env;
  const { stdout } = await promisify(execFile)(program, args, { env: { PATH, HOME, ...env } });
  return stdout === '' ? null : JSON.parse(stdout);
}
