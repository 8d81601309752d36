/**
 * The reason why a cloud could not be asked.
 * - `unreachable`: a service does not answer, or its answer is a failure; another try may succeed
 * - `unauthorized`: an account's credential, or its token, is not accepted
 * - `expired`: a user's own token is no longer valid
 * - `forbidden`: an account lacks a role that the call needs, or its credential is not for this project
 * - `no_endpoint`: the token's catalog has no such image service
 * - `misconfigured`: the cloud's configuration cannot be used, or its address is not a Keystone's
 */
export type OpenStackErrorKind =
  | 'unreachable'
  | 'unauthorized'
  | 'expired'
  | 'forbidden'
  | 'no_endpoint'
  | 'misconfigured';

/** The error of a call to a cloud. Its message may be shown to a tenant and holds no secret. */
export class OpenStackError extends Error {
  override readonly name = 'OpenStackError';
  readonly kind: OpenStackErrorKind;

  constructor(kind: OpenStackErrorKind, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.kind = kind;
  }
}

/**
 * The error for clouds.yaml or OS_* variables that cannot be used. The message names the file and the key,
 * for operators.
 */
export class CloudConfigError extends Error {
  override readonly name = 'CloudConfigError';
}
