import type { UserCredential } from '../openstack/index.ts';

/** Who has sent a request. */
export interface Principal {
  /** The tenant (Keystone: project) on whose behalf the request is made. */
  readonly tenant_id: string;
  /** Whether it may start and cancel copies; otherwise it may look only. */
  readonly may_copy: boolean;
  /** Where the identity is a cloud's: the caller as that cloud's user, for as long as the request lasts. */
  readonly credential?: UserCredential;
  /**
   * Whether it may copy images into a tenant. Its own is always allowed.
   * @throws IdentityUnavailable
   */
  mayCopyInto(tenantId: string): Promise<boolean>;
}

/** Tells who has sent a request. A kind of identity is a file of `src/identity`. */
export interface Identity {
  /** Tells a caller without a good token where to get one: the value of `WWW-Authenticate`. */
  readonly challenge?: string;
  /**
   * The token's owner; `null` where the token is not good.
   * @throws IdentityUnavailable
   */
  authenticate(token: string): Promise<Principal | null>;
  /**
   * An access key, for requests that are signed; `null` where there is no such key. A capability: without it
   * nobody can sign.
   * @throws IdentityUnavailable
   */
  accessKey?(access: string): Promise<AccessKey | null>;
  /** Throws IdentityUnavailable where callers cannot be told apart at the moment. */
  check(): Promise<void>;
}

/** A key that a caller claims to have. Never to be stored or logged. */
export interface AccessKey {
  /** What the caller has to have signed with. */
  readonly secret: string;
  /**
   * The key's owner, to be asked for when the signature is known to be good; `null` where the key is not good
   * for anything (any more).
   * @throws IdentityUnavailable
   */
  signIn(): Promise<Principal | null>;
}

/** Callers cannot be told apart at the moment: neither good nor bad. */
export class IdentityUnavailable extends Error {
  override readonly name = 'IdentityUnavailable';
}
