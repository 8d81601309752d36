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
   * the answer with any status but 401. If the service refuses the copier's token, gets a new token and
   * repeats the call once. A call whose body is a stream is not repeated.
   * @throws OpenStackError, `expired` if a user's token is refused, `unauthorized` if the copier's is; the
   * signal's reason; the error of the body's stream
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
    // Sends the request as the copier. If the token is refused, forgets it and returns `null`.
    const send = async () => {
      const token = await tokenFor(as, signal);
      const response = await sendImageRequest(service, token, request);
      if (response.statusCode !== 401) return response;
      await discardBody(response);
      drop(as, token);
      return null;
    };
    const isStream = typeof body === 'object';
    const response = (await send()) ?? (isStream ? null : await send());
    if (response !== null) return response;
    throw new OpenStackError('unauthorized', "the image service refuses the copier's token");
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
