import Type from 'typebox';
import Value from 'typebox/value';
import { schemaProblems } from '../text/index.ts';
import { INVALID_REQUEST, shortTaskQueue } from './contract.ts';
import type { CopyPlan, CopyRequest } from './request.ts';
import { undecodableProblem } from './undecodable.ts';

// The folder's index does not export this file. Workflows import that index, and their bundle needs no schema
// validator.

const Text = Type.String({ minLength: 1, maxLength: 255 });
const closed = { additionalProperties: false } as const;
const requestOf = (id: Type.TString) =>
  Type.Object(
    {
      objects: Type.Optional(Type.Literal(true)),
      source: Type.Object({ region: Text, image_id: id, tenant_id: Type.Optional(Text) }, closed),
      destination: Type.Object(
        {
          region: Text,
          image_id: Type.Optional(id),
          tenant_id: Type.Optional(Text),
          image_name: Type.Optional(Text),
        },
        closed,
      ),
    },
    closed,
  );
const ImageRequest = requestOf(Text);
/** Paths may be as long as Linux allows. A bucket allows less, and refuses longer keys itself. */
const ObjectsRequest = requestOf(Type.String({ minLength: 1, maxLength: 4096 }));

/** A request that can never succeed. */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest';
  readonly code = INVALID_REQUEST;
  /** The field that is wrong, for example `destination.region`. */
  readonly field: string;

  constructor(field: string, problem: string) {
    super(`${field}: ${problem}`);
    this.field = field;
  }
}

/** The part of the configuration from which a plan is made. */
export interface PlanningRules {
  readonly regions: ReadonlyMap<
    string,
    {
      readonly taskQueue: string;
      readonly objectsOnly: boolean;
      readonly store: { readonly objects?: unknown };
    }
  >;
  readonly limits: { readonly heartbeatTimeout: number; readonly noWorkerTimeout: number };
}

/**
 * Checks a request, and returns a plan: the request with defaults for everything that it leaves open.
 * @param reservedImageId the image id of the copy if the request names none; not used for objects
 * @throws InvalidRequest naming the first field that is wrong
 */
export function planCopy(request: unknown, rules: PlanningRules, reservedImageId: string): CopyPlan {
  const { objects, source, destination } = checked(request);
  const region = rules.regions.get(destination.region);
  if (!rules.regions.has(source.region)) throw unknownRegion('source.region', source.region, rules);
  if (region === undefined) throw unknownRegion('destination.region', destination.region, rules);
  if (source.region === destination.region) {
    throw new InvalidRequest('destination.region', `is the source's region '${source.region}'; name another`);
  }
  const assertUsable = objects ? assertObjects : assertImages;
  assertUsable('source.region', source.region, rules);
  assertUsable('destination.region', destination.region, rules);
  return {
    ...(objects && { objects }),
    source: { ...source, tenant_id: source.tenant_id ?? null },
    destination: {
      region: destination.region,
      image_id: destination.image_id ?? (objects ? source.image_id : reservedImageId),
      tenant_id: destination.tenant_id ?? source.tenant_id ?? null,
      image_name: destination.image_name ?? null,
    },
    task_queue: region.taskQueue,
    short_task_queue: shortTaskQueue(region.taskQueue),
    heartbeat_timeout: rules.limits.heartbeatTimeout,
    no_worker_timeout: rules.limits.noWorkerTimeout,
  };
}

function checked(request: unknown): CopyRequest {
  const undecodable = undecodableProblem(request);
  if (undecodable !== undefined) throw new InvalidRequest('input', undecodable);
  const isOfObjects = typeof request === 'object' && request !== null && 'objects' in request;
  const schema = isOfObjects ? ObjectsRequest : ImageRequest;
  const [first] = schemaProblems(schema, request ?? {}, Value.Errors(schema, request ?? {}));
  if (first === undefined) return request as CopyRequest;
  throw new InvalidRequest(first.path || 'input', first.problem);
}

function assertObjects(field: string, name: string, { regions }: PlanningRules): void {
  if (regions.get(name)?.store.objects !== undefined) return;
  throw new InvalidRequest(field, `the region '${name}' has images only, and no objects`);
}

function assertImages(field: string, name: string, { regions }: PlanningRules): void {
  if (!regions.get(name)?.objectsOnly) return;
  throw new InvalidRequest(
    field,
    `the region '${name}' belongs to a file share: it has objects only, no images`,
  );
}

/** Returns the error for a field that names a region which is not configured. */
export function unknownRegion(
  field: string,
  name: string,
  { regions }: { readonly regions: ReadonlyMap<string, unknown> },
): InvalidRequest {
  return new InvalidRequest(
    field,
    `there is no region '${name}'; use one of: ${[...regions.keys()].join(', ')}`,
  );
}
