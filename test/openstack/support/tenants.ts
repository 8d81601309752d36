import type { Deployment } from '../../support/deployment.ts';
import { type EclClient, eclClient } from '../../support/http.ts';
import { projectId, tokenOf } from '../keystone-rig.ts';

/** A user of the cloud, as a client of the facade. */
export interface Tenant {
  readonly project: string;
  readonly token: string;
  readonly jobs: EclClient;
}

/** Signs a user in to a project. */
export async function tenant(deployment: Deployment, user: string, project: string): Promise<Tenant> {
  const token = await tokenOf(user, project);
  return { project: await projectId(project), token, jobs: eclClient(deployment, token) };
}
