import { join } from 'node:path';
import { type Deployment, deploy } from '../../support/deployment.ts';

export interface GlanceDeploymentOptions {
  /** The address of a Temporal server; by default that of the test run. */
  readonly address?: string;
  /** The cloud of one test; by default that of the test run. */
  readonly cloud?: { readonly authUrl: string; readonly folder: string };
  /** The names in the catalog that replace the regions ot1 and ot2. */
  readonly regionNames?: { readonly ot1?: string; readonly ot2?: string };
  readonly store?: Record<string, unknown>;
  readonly spool?: { readonly path: string; readonly size: string };
  readonly limits?: Record<string, unknown>;
  readonly identity?: Record<string, unknown>;
}

/**
 * Deploys the product on a real cloud, with tenants of Keystone, images in Glance, and the account `copier`.
 */
export function deployOnCloud(options: GlanceDeploymentOptions = {}): Promise<Deployment> {
  const authUrl = options.cloud?.authUrl ?? process.env.OPENSTACK_TEST_AUTH_URL;
  const folder = options.cloud?.folder ?? process.env.OPENSTACK_TEST_DIR ?? '';
  const region = (name: string) => ({
    store: { driver: 'glance', cloud: 'copier', region_name: name, ...options.store },
  });
  const { ot1 = 'ot1', ot2 = 'ot2' } = options.regionNames ?? {};
  return deploy({
    ...(options.address !== undefined && { address: options.address }),
    config: {
      regions: { ot1: region(ot1), ot2: region(ot2) },
      identity: { driver: 'keystone', auth_url: authUrl, ...options.identity },
      ...(options.spool && { spool: options.spool }),
    },
    limits: options.limits ?? {},
    env: { OS_CLIENT_CONFIG_FILE: join(folder, 'clouds.yaml') },
  });
}
