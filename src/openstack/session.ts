import { readFile } from 'node:fs/promises';
import type { Dispatcher } from 'undici';
import type { UserCredential } from './catalog.ts';
import { type Cloud, type CloudOptions, loadCloud } from './cloud.ts';
import { findImageEndpoint } from './endpoint.ts';
import { CloudConfigError, OpenStackError } from './errors.ts';
import { type ImageRequest, sendImageRequest } from './image-request.ts';
import { createTokens, type Tokens } from './tokens.ts';
import { discardBody, openAgent, waitFor } from './transport.ts';

/** A region of a cloud, as somebody who has an account there. */
export interface Session {
  /**
   * One call to the region's image service, at the address in the token's own catalog, and at no other. The
   * answer is returned whatever its status is, but for 401. A project's token that is refused is replaced, and
   * the call repeated, unless its body is a stream.
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

interface Opened {
  readonly cloud: Cloud;
  readonly dispatcher: Dispatcher;
  readonly tokens: Tokens;
}

/**
 * Opens nothing yet: the configuration is read with the first request, and again where it could not be used
 * or Keystone has not accepted what it says.
 */
export function openSession(options: CloudOptions, env = process.env): Session {
  let opening: Promise<Opened> | null = null;

  const tokenOf = async (opened: Opened, projectId: string | null, signal: AbortSignal | undefined) => {
    try {
      return await waitFor(opened.tokens.tokenFor(projectId), signal);
    } catch (error) {
      if (error instanceof OpenStackError && error.kind === 'unauthorized') opening = null;
      throw error;
    }
  };
  const opened = (): Promise<Opened> => {
    opening ??= open(options, env).catch((error) => {
      opening = null;
      throw error;
    });
    return opening;
  };
  const requestImage = async (request: ImageRequest): Promise<Dispatcher.ResponseData> => {
    const { as, body, signal } = request;
    const session = await waitFor(opened(), signal);
    if ('user' in as) {
      const response = await sendImageRequest(session, as.user, request);
      if (response.statusCode !== 401) return response;
      await discardBody(response);
      throw new OpenStackError('expired', 'the token is not good any more');
    }
    for (let mayRepeat = typeof body !== 'object'; ; mayRepeat = false) {
      const token = await tokenOf(session, as.project, signal);
      const response = await sendImageRequest(session, token, request);
      if (response.statusCode !== 401) return response;
      await discardBody(response);
      session.tokens.drop(as.project, token);
      if (!mayRepeat)
        throw new OpenStackError('unauthorized', "the image service refuses the copier's token");
    }
  };
  return {
    requestImage,
    async offers({ catalog }) {
      const { cloud } = await opened();
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

async function open(options: CloudOptions, env: NodeJS.ProcessEnv): Promise<Opened> {
  try {
    const cloud = await loadCloud(options, env);
    const dispatcher = openAgent({ verify: cloud.verify, ca: await authorities(cloud) });
    return { cloud, dispatcher, tokens: createTokens({ authUrl: cloud.authUrl, dispatcher }, cloud) };
  } catch (cause) {
    throw new OpenStackError('misconfigured', "the cloud's configuration cannot be used", { cause });
  }
}

async function authorities({ cacert }: Cloud): Promise<string | null> {
  if (cacert === null) return null;
  return readFile(cacert, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CloudConfigError(`cacert: ${cacert} cannot be read (${error.code})`);
  });
}
