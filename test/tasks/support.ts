import { randomBytes } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { request } from 'undici';
import { type Deployment, type DeploymentOptions, deploy } from '../support/deployment.ts';
import { until } from '../support/until.ts';

export const SHARE = '77ba6f4b-6365-4895-8dda-bc7142af4dde';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the fields of its answers
  readonly body: any;
}

/** A deployment whose region `nas` is a file share, with the target `training` in the region `bucket`. */
export interface TaskRig {
  readonly deployment: Deployment;
  /** Makes a call below the address of the share, by default as tenant-a. */
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer>;
  start(task: object): Promise<string>;
  /** Waits until a task has one of these statuses, and returns it. */
  ended(taskId: string, ...statuses: string[]): Promise<Answer['body']>;
  /** Writes a file into the folder of a region. */
  put(region: string, path: string, data: Uint8Array | number): Promise<Buffer>;
  get(region: string, path: string): Promise<Buffer>;
  /** Returns the ids of the workflows of tasks. */
  workflows(): Promise<string[]>;
  /** Lists everything below the folder of a region. */
  tree(region: string): Promise<string[]>;
}

export interface CallOptions {
  readonly token?: string;
  readonly project?: string;
  readonly share?: string;
}

export async function taskRig(options: DeploymentOptions = {}): Promise<TaskRig> {
  const deployment = await deploy({
    regions: ['other', 'nas', 'bucket'],
    ...options,
    config: {
      shares: {
        [SHARE]: { region: 'nas', targets: { training: 'bucket' }, tenants: ['tenant-a'] },
      },
      ...options.config,
    },
  });
  const fileOf = (region: string, path: string) => join(deployment.folder, region, path);
  const call: TaskRig['call'] = (method, path, body, more = {}) => {
    const { token = deployment.tokens.a, project = 'tenant-a', share = SHARE } = more;
    const url = `${deployment.apiUrl}/v1/${project}/sfs-turbo/${share}/hpc-cache${path}`;
    return send(method, url, token, body);
  };
  return {
    deployment,
    call,
    async start(task) {
      const { status, body } = await call('POST', '/task', task);
      if (status !== 202) throw new Error(JSON.stringify(body));
      return body.task_id;
    },
    async ended(taskId, ...statuses) {
      return until(async () => {
        const { body } = await call('GET', `/task/${taskId}`);
        return statuses.includes(body.status) ? body : false;
      });
    },
    async put(region, path, data) {
      const bytes = typeof data === 'number' ? randomBytes(data) : Buffer.from(data);
      await mkdir(dirname(fileOf(region, path)), { recursive: true });
      await writeFile(fileOf(region, path), bytes);
      return bytes;
    },
    async workflows() {
      const ids: string[] = [];
      const query = "WorkflowType = 'moveObjects'";
      for await (const { workflowId } of deployment.client.workflow.list({ query })) ids.push(workflowId);
      return ids;
    },
    get: (region, path) => readFile(fileOf(region, path)),
    async tree(region) {
      const root = join(deployment.folder, region);
      const entries = await entriesBelow(root);
      return entries
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
        .sort();
    },
  };
}

async function send(method: string, url: string, token: string, body: unknown): Promise<Answer> {
  const answer = await request(url, {
    method: method as 'GET',
    headers: { 'x-auth-token': token, 'content-type': 'application/json' },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.body.text();
  return { status: answer.statusCode, headers: answer.headers, body: text === '' ? null : JSON.parse(text) };
}

/** Lists a folder. Lists it again if a worker moves something away in the meantime. */
async function entriesBelow(root: string): Promise<Dirent[]> {
  return readdir(root, { recursive: true, withFileTypes: true }).catch((error) => {
    if (error.code !== 'ENOENT' || error.path === root) throw error;
    return entriesBelow(root);
  });
}

/** Waits for the only workflow of a type. */
export async function workflowOf({ deployment }: TaskRig, type: string): Promise<WorkflowHandle> {
  const { workflow } = deployment.client;
  return until(async () => {
    for await (const { workflowId } of workflow.list({ query: `WorkflowType = '${type}'` }))
      return workflow.getHandle(workflowId);
    return false;
  });
}
