import type { Dispatcher } from 'undici';
import {
  type ImageRequest,
  OpenStackError,
  type Session,
  type UserCredential,
} from '../../openstack/index.ts';
import { MAX_RECORD_SIZE, tooLarge } from '../record-json.ts';
import { notFoundError } from '../refusals.ts';
import { isStoreError, StoreError } from '../store-error.ts';
import { isImage, isPage, jsonOf, MAX_PAGE_SIZE, notGlance, refusal, TOO_LARGE } from './answers.ts';
import type { GlanceImage } from './image-json.ts';

/** The project or the user on whose behalf a call is made. */
export type As = { readonly project: string | null } | { readonly user: UserCredential };

/** One operation of a JSON patch (RFC 6902). */
export type PatchOperation =
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown };

/** A project's quotas by name, each with its limit and its present usage. Sizes are in MiB. */
export type Usage = Readonly<Record<string, { readonly limit: number; readonly usage: number }>>;

/**
 * The part of Glance's Image API v2 that copies need. Every call throws `StoreError`.
 * @see https://docs.openstack.org/api-ref/image/v2/
 */
export interface GlanceApi {
  show(as: As, imageId: string): Promise<GlanceImage>;
  list(as: As): AsyncIterable<GlanceImage>;
  create(as: As, image: Readonly<Record<string, unknown>>): Promise<void>;
  patch(as: As, imageId: string, operations: readonly PatchOperation[]): Promise<void>;
  remove(as: As, imageId: string): Promise<void>;
  /** Returns the quotas in force; an empty object if Glance has none, or does not report them. */
  usage(as: As): Promise<Usage>;
  /** Sends a request, and returns the answer. Throws if the status of the answer is 500 or more. */
  send(request: ImageRequest): Promise<Dispatcher.ResponseData>;
}

/** Tells whether an id is a UUID. Glance refuses every other form, and nothing else may get into a path. */
export const isImageId = (id: string): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(id);

/** Returns the API of the Glance that a session reaches. */
export function glanceApi(session: Session): GlanceApi {
  const send: GlanceApi['send'] = async (request) => {
    const response = await session.requestImage(request).catch((error) => {
      throw fromOpenStack(error);
    });
    if (response.statusCode >= 500) throw await refusal(response);
    return response;
  };
  const call = async (request: ImageRequest, max: number): Promise<unknown> => {
    const response = await send(request);
    if (response.statusCode >= 300) throw await refusal(response);
    return await jsonOf(response, max);
  };
  return {
    send,
    show: async (as, imageId) => {
      if (!isImageId(imageId)) throw notFoundError({ image_id: imageId });
      const request = { method: 'GET', path: `/v2/images/${imageId}`, as } as const;
      const answer = await call(request, MAX_RECORD_SIZE).catch((error) => {
        throw isStoreError(error, 'not_found') ? notFoundError({ image_id: imageId }) : error;
      });
      if (answer === TOO_LARGE) throw tooLarge(imageId);
      if (!isImage(answer)) throw notGlance();
      return answer;
    },
    list: (as) => imagesOf((path) => call({ method: 'GET', path, as }, MAX_PAGE_SIZE)),
    create: async (as, image) => {
      const headers = { 'content-type': 'application/json' };
      await call(
        { method: 'POST', path: '/v2/images', as, headers, body: JSON.stringify(image) },
        MAX_RECORD_SIZE,
      );
    },
    patch: async (as, imageId, operations) => {
      const headers = { 'content-type': 'application/openstack-images-v2.1-json-patch' };
      const body = JSON.stringify(operations);
      await call({ method: 'PATCH', path: `/v2/images/${imageId}`, as, headers, body }, MAX_RECORD_SIZE);
    },
    remove: async (as, imageId) => {
      await call({ method: 'DELETE', path: `/v2/images/${imageId}`, as }, MAX_RECORD_SIZE);
    },
    usage: async (as) => {
      const response = await send({ method: 'GET', path: '/v2/info/usage', as });
      if (response.statusCode !== 200) {
        // Such an answer reports no quotas, and need not be JSON.
        await response.body.dump().catch(() => {});
        return {};
      }
      const answer = await jsonOf(response, MAX_RECORD_SIZE);
      return (answer as { usage?: Usage } | undefined)?.usage ?? {};
    },
  };
}

/** Yields the images of a list, page by page. */
async function* imagesOf(get: (path: string) => Promise<unknown>): AsyncGenerator<GlanceImage> {
  for (let query: string | undefined = '?limit=100'; query !== undefined; ) {
    const page = await get(`/v2/images${query}`);
    if (page === TOO_LARGE) {
      const message = `a page of the list of images has more than ${MAX_PAGE_SIZE} bytes`;
      throw new StoreError('invalid_image', message);
    }
    if (!isPage(page)) throw notGlance();
    yield* page.images;
    query = page.next?.slice(page.next.indexOf('?'));
  }
}

/**
 * Turns an OpenStackError into a StoreError. The code is `forbidden` if waiting does not help: an operator
 * has to grant something, or a user has to sign in. Otherwise the code is `unavailable`.
 */
export function fromOpenStack(error: unknown): unknown {
  if (!(error instanceof OpenStackError)) return error;
  const code = error.kind === 'forbidden' || error.kind === 'expired' ? 'forbidden' : 'unavailable';
  return new StoreError(code, error.message, { cause: error.cause });
}
