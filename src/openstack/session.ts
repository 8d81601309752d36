import type { Dispatcher } from 'undici';
import { openAccount } from './account.ts';
import type { UserCredential } from './catalog.ts';
import type { CloudOptions } from './cloud.ts';
import { findImageEndpoint } from './endpoint.ts';
import { OpenStackError } from './errors.ts';
import { type ImageRequest, sendImageRequest } from './image-request.ts';
import { discardBody } from './transport.ts';

/** The image service of one region, called as the copier or as a user. */
export interface Session {
  /**
   * Makes one call to the region's image service, at the address that the token's own catalog names. Returns
   * the answer, whatever its status, except 401. If the copier's token is refused, gets a new one and repeats
   * the call, unless its body is a stream.
   * @throws OpenStackError, `expired` if a user's token is refused, `unauthorized` if the copier's is; the
   * signal's reason; what the body's stream has thrown
   */
  requestImage(request: ImageRequest): Promise<Dispatcher.ResponseData>;
  /**
   * Tells whether the catalog of a user's token has the region's image service.
   * @throws OpenStackError `misconfigured`
   */
  offers(user: UserCredential): Promise<boolean>;
  /**
   * Throws if Keystone or the region's image service cannot be reached.
   * @throws OpenStackError
   */
  check(): Promise<void>;
}

/** Makes a session. It connects when it is first used. */
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
      throw new OpenStackError('expired', 'the token is no longer valid');
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
