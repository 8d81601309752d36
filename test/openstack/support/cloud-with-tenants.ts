import type { Deployment } from '../../support/deployment.ts';
import { deployOnCloud } from './glance-deployment.ts';
import { type Tenant, tenant } from './tenants.ts';

/** The product on the cloud of the test run, with a facade and three users. */
export interface CloudWithTenants {
  readonly deployment: Deployment;
  /** A member of tenant-a. */
  readonly alice: Tenant;
  /** A member of tenant-b. */
  readonly bob: Tenant;
  /** A member of both projects, who is signed in to tenant-a. */
  readonly carol: Tenant;
}

/** Starts the product on the cloud of the test run, by default with a worker. `deployment.stop()` ends it. */
export async function cloudWithTenants({ worker = true } = {}): Promise<CloudWithTenants> {
  const deployment = await deployOnCloud();
  await Promise.all([deployment.startApi(), worker && deployment.startWorker()]);
  const [alice, bob, carol] = await Promise.all([
    tenant(deployment, 'alice', 'tenant-a'),
    tenant(deployment, 'bob', 'tenant-b'),
    tenant(deployment, 'carol', 'tenant-a'),
  ]);
  return { deployment, alice, bob, carol };
}
