import ms, { type StringValue } from 'ms';
import Type from 'typebox';
import { type Interface, openSession } from '../../openstack/index.ts';
import type { ImageStore, StoreDriver } from '../image-store.ts';
import { leftoversAt } from '../leftover.ts';
import type { SourceRef } from '../port.ts';
import { changedError, notActiveError, notFoundError } from '../refusals.ts';
import { recordIfUsable } from '../usable.ts';
import { type As, fromOpenStack, glanceApi } from './api.ts';
import { glanceDestination } from './destination.ts';
import { JOB_PROPERTY, toRecord } from './image-json.ts';
import { leftoverOf } from './leftover.ts';
import { assertCopyable } from './obstacles.ts';
import { openReader, pinOf } from './reader.ts';

/** Options of a Glance: which one it is, and the credential for it. */
export interface GlanceOptions {
  /** Name of an entry of clouds.yaml; without one, OS_CLOUD or the other OS_* variables. */
  readonly cloud?: string;
  /** The cloud's region; by default, the region in clouds.yaml. */
  readonly region_name?: string;
  readonly interface?: Interface;
  /** Glance's own name of the backend that is to have the copies' data. */
  readonly image_store?: string;
  /** How long an image may have the status `saving`, as a text such as `2m`. */
  readonly saving_timeout?: string;
}

/** Keeps images in a region of an OpenStack cloud. */
export const glanceDriver: StoreDriver<GlanceOptions> = {
  name: 'glance',
  options: Type.Object(
    {
      cloud: Type.Optional(Type.String({ minLength: 1 })),
      region_name: Type.Optional(Type.String({ minLength: 1 })),
      interface: Type.Optional(Type.Enum(['public', 'internal', 'admin'])),
      image_store: Type.Optional(Type.String({ minLength: 1 })),
      saving_timeout: Type.Optional(
        Type.String({ pattern: '^[1-9][0-9]* ?(ms|s|m|h)$', patternErrorMessage: 'a duration such as 2m' }),
      ),
    },
    { additionalProperties: false },
  ),
  open: openGlance,
};

function openGlance({ image_store, saving_timeout, ...cloud }: GlanceOptions): ImageStore {
  const session = openSession(cloud);
  const api = glanceApi(session);
  // The server's address is known only from the catalog that comes with a token. These options stand for it.
  const endpoint = `glance ${[cloud.cloud, cloud.region_name, cloud.interface].join(' ')}`;
  const requester = (ref: SourceRef): As => ({ project: ref.tenant_id });
  const destination = glanceDestination(api, {
    imageStore: image_store ?? null,
    savingTimeout: ms((saving_timeout ?? '2m') as StringValue),
  });
  return {
    ...destination,

    async *leftovers(ended) {
      // A Glance cannot list all images that bear a mark. So this looks for the images of ended jobs only.
      yield* leftoversAt(ended, (ref) => leftoverOf(api, destination, ref));
    },

    async inspect(ref, user) {
      const image = await api.show(user === undefined ? requester(ref) : { user }, ref.image_id);
      // An image in the making does not count as an image yet.
      if (image[JOB_PROPERTY] !== undefined) throw notFoundError(ref);
      const record = toRecord(image);
      if (image.status !== 'active') {
        throw notActiveError(ref, image.status);
      }
      assertCopyable(record);
      return { record, pin: pinOf(image) };
    },

    async openReader(ref, pin) {
      const image = await api.show(requester(ref), ref.image_id);
      if (pinOf(image) === pin) return { ...(await openReader(api, requester(ref), image)), endpoint };
      throw changedError();
    },

    check: () => session.check(),

    async *images(tenantId, onUnusable) {
      for await (const image of api.list({ project: tenantId })) {
        if (image[JOB_PROPERTY] !== undefined) continue;
        const record = await recordIfUsable(image.id, () => toRecord(image), onUnusable);
        if (record !== undefined) yield record;
      }
    },

    serves: (user) =>
      session.offers(user).catch((error) => {
        throw fromOpenStack(error);
      }),

    locate: (imageId) => showCommand(cloud, imageId),
  };
}

/** Returns the command that shows an image to a person. */
function showCommand({ cloud, region_name }: GlanceOptions, imageId: string): string {
  const flags = [
    ...(cloud === undefined ? [] : [`--os-cloud ${cloud}`]),
    ...(region_name === undefined ? [] : [`--os-region-name ${region_name}`]),
  ];
  return ['openstack', ...flags, 'image show', imageId].join(' ');
}
