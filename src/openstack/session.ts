import type { Dispatcher } from 'undici';
import { openAccount } from './account.ts';
import type { UserCredential } from './catalog.ts';
import type { CloudOptions } from './cloud.ts';
import { findImageEndpoint } from './endpoint.ts';
import { OpenStackError } from './errors.ts';
import { type ImageRequest, sendImageRequest } from './image-request.ts';
import { discardBody } from './transport.ts';

/** A region of a cloud, as somebody who has an account there. */
export interface Session {
  /**
   * One call to the region's image service, at the address in the token's own catalog, and at no other. The
   * answer is returned whatever its status is, but for 401. A project's token that is refused is replaced,
   * and the call repeated, unless its body is a stream.
   * @throws OpenStackError; the signal's reason; what the body's stream has thrown
   */
  requestImage(request: ImageRequest): Promise<Dispatcher.ResponseData>;
  /**
   * Whether the region's image service is in a user's catalog.
   * @throws OpenStackError `misconfigured`
   */
  offers(user: UserCredential): Promise<boolean>;
  /**
   * Throws where Keystone or the region's image service cannot be had.
   * @throws OpenStackError
   */
  check(): Promise<void>;
}

/** Opens nothing yet. */
export function openSession(options: CloudOptions, env = process.env): Session {
  const account = openAccount(options, env);

  const requestImage = async (request: ImageRequest): Promise<Dispatcher.ResponseData> => {
    const { as, body, signal } = request;
    const { cloud, keystone, tokenFor, drop } = await account.open(signal);
    const service = { cloud, dispatcher: keystone.dispatcher };
    if ('user' in as) {
      const response = await sendImageRequest(service, as.user, request);
      if (response.statusCode !== 401) return response;
      await discardBody(response);
      throw new OpenStackError('expired', 'the token is not good any more');
    }
    for (let mayRepeat = typeof body !== 'object'; ; mayRepeat = false) {
      const token = await tokenFor(as, signal);
      const response = await sendImageRequest(service, token, request);
      if (response.statusCode !== 401) return response;
      await discardBody(response);
      drop(as, token);
      if (!mayRepeat)
        throw new OpenStackError('unauthorized', "the image service refuses the copier's token");
    }
  };
  return {
    requestImage,
    async offers({ catalog }) {
      const { cloud } = await account.open();
      return findImageEndpoint(catalog, cloud.regionName, cloud.interface) !== null;
    },
    async check() {
      const response = await requestImage({
        method: 'GET',
        path: '/v2/schemas/image',
        as: { project: null },
      });
      await discardBody(response);
      if (response.statusCode === 200) return;
      throw new OpenStackError('unreachable', `the image service answers with ${response.statusCode}`);
    },
  };
}
