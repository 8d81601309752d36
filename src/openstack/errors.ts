/**
 * The reason why a cloud could not be asked.
 * - `unreachable`: a service does not answer, or fails; another try may succeed
 * - `unauthorized`: an account's credential, or its token, is not accepted
 * - `expired`: a user's own token is not good any more
 * - `forbidden`: the copier may not act for this project
 * - `no_endpoint`: the token's catalog has no such image service
 * - `misconfigured`: the cloud's configuration cannot be used, or names no Keystone
 */
export type OpenStackErrorKind =
  | 'unreachable'
  | 'unauthorized'
  | 'expired'
  | 'forbidden'
  | 'no_endpoint'
  | 'misconfigured';

/** The error that a session throws. Its message may be shown to a tenant and holds no secret. */
export class OpenStackError extends Error {
  override readonly name = 'OpenStackError';
  readonly kind: OpenStackErrorKind;

  constructor(kind: OpenStackErrorKind, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.kind = kind;
  }
}

/**
 * clouds.yaml, or the OS_* variables, cannot be used. The message names the file and the key, for operators.
 */
export class CloudConfigError extends Error {
  override readonly name = 'CloudConfigError';
}
