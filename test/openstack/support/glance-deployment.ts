import { join } from 'node:path';
import { type Deployment, deploy } from '../../support/deployment.ts';

export interface GlanceDeploymentOptions {
  /** Temporal's; otherwise the run's. */
  readonly address?: string;
  /** A cloud of the test's own; otherwise the run's. */
  readonly cloud?: { readonly authUrl: string; readonly folder: string };
  /** The cloud's names of the regions ot1 and ot2, where others stand in for them. */
  readonly regionNames?: { readonly ot1?: string; readonly ot2?: string };
  readonly store?: Record<string, unknown>;
  readonly spool?: { readonly path: string; readonly size: string };
  readonly limits?: Record<string, unknown>;
  readonly identity?: Record<string, unknown>;
}

/** The whole product on a real cloud: tenants of Keystone, images in Glance, and the account `copier`. */
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
