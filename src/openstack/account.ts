import { readFile } from 'node:fs/promises';
import { openAgent } from '../http/index.ts';
import { waitFor } from '../wait/index.ts';
import { type Cloud, type CloudOptions, loadCloud } from './cloud.ts';
import { CloudConfigError, OpenStackError } from './errors.ts';
import type { Keystone } from './keystone.ts';
import type { IssuedToken } from './token.ts';
import { createTokens, type Scope, type Tokens } from './tokens.ts';

/** An account of this service in a cloud. */
export interface Account {
  /**
   * Returns the account with its configuration, which is read by the first call.
   * @throws OpenStackError `misconfigured`, or the signal's reason
   */
  open(signal?: AbortSignal): Promise<OpenAccount>;
}

/** An account whose configuration was read. */
export interface OpenAccount {
  readonly cloud: Cloud;
  readonly keystone: Keystone;
  /**
   * Returns a token of the account that stays valid for a while.
   * @throws OpenStackError, or the signal's reason
   */
  tokenFor(scope: Scope, signal?: AbortSignal): Promise<IssuedToken>;
  drop: Tokens['drop'];
}

/**
 * Makes an account. The first use reads its configuration. If this fails, or if Keystone refuses the
 * credential, the next use reads the configuration again.
 */
export function openAccount(options: CloudOptions, env = process.env): Account {
  let opening: Promise<OpenAccount> | null = null;
  const forget = () => {
    opening = null;
  };
  return {
    open(signal) {
      opening ??= load(options, env, forget).catch((error) => {
        forget();
        throw error;
      });
      return waitFor(opening, signal);
    },
  };
}

async function load(
  options: CloudOptions,
  env: NodeJS.ProcessEnv,
  onRefused: () => void,
): Promise<OpenAccount> {
  try {
    const cloud = await loadCloud(options, env);
    const dispatcher = openAgent({ verify: cloud.verify, ca: await certificateAuthorities(cloud) });
    const keystone = { authUrl: cloud.authUrl, dispatcher };
    const { tokenFor, drop } = createTokens(keystone, cloud);
    return {
      cloud,
      keystone,
      drop,
      async tokenFor(scope, signal) {
        try {
          return await waitFor(tokenFor(scope), signal);
        } catch (error) {
          if (error instanceof OpenStackError && error.kind === 'unauthorized') onRefused();
          throw error;
        }
      },
    };
  } catch (cause) {
    throw new OpenStackError('misconfigured', "the cloud's configuration cannot be used", { cause });
  }
}

async function certificateAuthorities({ cacert }: Cloud): Promise<string | null> {
  if (cacert === null) return null;
  return readFile(cacert, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CloudConfigError(`cacert: ${cacert} cannot be read (${error.code})`);
  });
}
