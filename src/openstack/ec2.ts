import { createHash } from 'node:crypto';
import Type from 'typebox';
import { type Account, openAccount } from './account.ts';
import { type Ec2Key, signAwsRequest } from './aws-signature.ts';
import { parseBody } from './body.ts';
import type { CloudOptions } from './cloud.ts';
import { OpenStackError } from './errors.ts';
import { askKeystone, type KeystoneAnswer, unexpected, validate } from './keystone.ts';
import { type IssuedToken, parseToken } from './token.ts';
import type { Scope } from './tokens.ts';

/** Reads and checks the EC2 credentials of a cloud. */
export interface Ec2Credentials {
  /**
   * Looks up a credential by its access key. Returns `null` if there is none.
   * @throws OpenStackError, or the signal's reason
   */
  find(access: string, signal: AbortSignal): Promise<Ec2Key | null>;
  /**
   * Signs in as the credential's owner, in the credential's project. Returns `null` if Keystone refuses to.
   * @throws OpenStackError, or the signal's reason
   */
  signIn(key: Ec2Key, signal: AbortSignal): Promise<IssuedToken | null>;
}

const Credential = Type.Object({ credential: Type.Object({ type: Type.String(), blob: Type.String() }) });
const Blob = Type.Object({ access: Type.String(), secret: Type.String() });

/**
 * Makes an `Ec2Credentials`, which connects when it is first used. Its account MUST be a user (not an
 * application credential) that has the role `reader` on the system and the role `service` on its project.
 * @see https://docs.openstack.org/api-ref/identity/v3/#credentials
 * @see keystone/api/ec2tokens.py
 */
export function openEc2Credentials(options: CloudOptions, env = process.env): Ec2Credentials {
  const account = openAccount(options, env);
  return {
    async find(access, signal) {
      const path = `/credentials/${createHash('sha256').update(access).digest('hex')}`;
      const { status, text } = await ask(account, {
        scope: { system: 'all' },
        method: 'GET',
        path,
        body: null,
        signal,
      });
      if (status === 404) return null;
      if (status === 403) throw forbidden('reader on the system');
      if (status !== 200) throw unexpected(status);
      return keyIn(text, access);
    },
    async signIn(key, signal) {
      const body = JSON.stringify({ credentials: signAwsRequest(key, new Date()) });
      const { status, subject, text } = await ask(account, {
        scope: { project: null },
        method: 'POST',
        path: '/ec2tokens',
        body,
        signal,
      });
      if (status === 401 || status === 404) return null;
      if (status === 403) throw forbidden('service on its project');
      if (status !== 200 || subject === null) throw unexpected(status);
      // The credential is bound to one project. So the token is delegated, whatever Keystone says about it.
      return { ...parseToken(text), token: subject, delegated: true };
    },
  };
}

interface KeystoneCall {
  /** The scope of the account's token with which the call is made. */
  readonly scope: Scope;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

/**
 * Makes a call as the account and returns the answer. If Keystone refuses the account's token, gets another
 * token and repeats the call once.
 */
async function ask(
  account: Account,
  { scope, method, path, body, signal }: KeystoneCall,
): Promise<KeystoneAnswer> {
  const { keystone, tokenFor, drop } = await account.open(signal);
  const askWith = ({ token }: IssuedToken) =>
    askKeystone(keystone, method, path, { headers: { 'X-Auth-Token': token }, body }, signal);
  const token = await tokenFor(scope, signal);
  const answer = await askWith(token);
  if (answer.status !== 401) return answer;
  // Keystone also answers 401 if the key's owner is disabled. Then the account's token is still valid.
  if ((await validate(keystone, token.token, signal)) !== null) return answer;
  drop(scope, token);
  return askWith(await tokenFor(scope, signal));
}

function keyIn(text: string, access: string): Ec2Key | null {
  const { credential } = parseBody(Credential, text);
  if (credential.type !== 'ec2') return null;
  const { access: found, secret } = parseBody(Blob, credential.blob);
  return found === access ? { access, secret } : null;
}

function forbidden(role: string): OpenStackError {
  return new OpenStackError('forbidden', `the account may not check access keys: it needs the role ${role}`);
}
