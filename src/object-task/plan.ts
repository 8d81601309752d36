import Type from 'typebox';
import Value from 'typebox/value';
import { shortTaskQueue } from '../copy-job/index.ts';
import { InvalidRequest, unknownRegion } from '../copy-job/plan.ts';
import { schemaProblems } from '../text/index.ts';
import type { TaskPlan, TaskRequest } from './request.ts';

// The folder's index does not export this file. Workflows import that index, and their bundle needs no schema
// validator.

const Text = Type.String({ minLength: 1, maxLength: 255 });
const Prefix = Type.String({ maxLength: 1024 });
const closed = { additionalProperties: false } as const;
/** A complete prefix: in a share, the prefix of the request comes after the folder that `target` names. */
const Located = Type.String({ maxLength: 1024 + 256 });
const End = Type.Object({ region: Text, prefix: Located }, closed);
const Request = Type.Object(
  {
    task_id: Text,
    type: Type.Enum(['import', 'export']),
    tenant_id: Text,
    share_id: Text,
    target: Text,
    src_prefix: Prefix,
    dest_prefix: Prefix,
    source: End,
    destination: End,
  },
  closed,
);

/** The part of the configuration from which a plan is made. */
export interface TaskRules {
  readonly regions: ReadonlyMap<
    string,
    { readonly taskQueue: string; readonly store: { objects?: unknown } }
  >;
  readonly limits: { readonly heartbeatTimeout: number; readonly noWorkerTimeout: number };
}

/**
 * Checks a task's request against the configuration, and returns its plan.
 * @throws InvalidRequest naming the first field that is wrong
 */
export function planTask(request: unknown, { regions, limits }: TaskRules): TaskPlan {
  const { source, destination } = checked(request);
  for (const [side, { region }] of Object.entries({ source, destination })) {
    const found = regions.get(region);
    if (found === undefined) throw unknownRegion(`${side}.region`, region, { regions });
    if (found.store.objects === undefined) {
      throw new InvalidRequest(
        `${side}.region`,
        `the region '${region}' has images only, and no plain objects`,
      );
    }
  }
  const task_queue = regions.get(destination.region)?.taskQueue ?? '';
  return {
    source,
    destination,
    task_queue,
    short_task_queue: shortTaskQueue(task_queue),
    heartbeat_timeout: limits.heartbeatTimeout,
    no_worker_timeout: limits.noWorkerTimeout,
  };
}

function checked(request: unknown): TaskRequest {
  const [first] = schemaProblems(Request, request ?? {}, Value.Errors(Request, request ?? {}));
  if (first === undefined) return request as TaskRequest;
  throw new InvalidRequest(first.path || 'input', first.problem);
}
