import { S3ServiceException } from '@aws-sdk/client-s3';
import { overloadOf, StoreError, type StoreErrorCode } from '../store-error.ts';

const BY_NAME: Readonly<Record<string, readonly [StoreErrorCode, string]>> = {
  NoSuchKey: ['not_found', 'the image is gone'],
  NotFound: ['not_found', 'the image is gone'],
  NoSuchUpload: ['not_found', 'the upload is gone'],
  KeyTooLongError: ['not_found', 'the image is gone'],
  NoSuchBucket: ['unavailable', 'the bucket does not exist'],
  PreconditionFailed: ['changed', "the image's data has changed since it was inspected"],
  InvalidRange: ['truncated', "the image's data ends before the range"],
  AccessDenied: ['forbidden', 'access to the bucket was refused'],
  InvalidAccessKeyId: ['forbidden', 'access to the bucket was refused'],
  SignatureDoesNotMatch: ['forbidden', 'access to the bucket was refused'],
  PermanentRedirect: ['forbidden', 'the bucket is in another region than the configuration says'],
  EntityTooLarge: ['invalid_image', 'the image is larger than the object store allows an object to be'],
  QuotaExceeded: ['quota_exceeded', "the bucket's quota is used up"],
  XMinioStorageFull: ['quota_exceeded', 'the object store is full'],
  Conflict: ['conflict', 'another object or folder of the bucket is in the way of the object'],
};

const BY_STATUS: Readonly<Record<number, string>> = {
  301: 'PermanentRedirect',
  403: 'AccessDenied',
  404: 'NotFound',
  409: 'Conflict',
  412: 'PreconditionFailed',
  416: 'InvalidRange',
  501: 'NotImplemented',
};

/** Errors of a server that has too much to do, whatever the HTTP status. */
const THROTTLING: readonly string[] = ['SlowDown', 'ThrottlingException', 'KMS.ThrottlingException'];

/** Errors after which another try may succeed, for example with a new token or on a better connection. */
const TEMPORARY: ReadonlySet<string> = new Set([
  ...THROTTLING,
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'RequestExpired',
  'ExpiredToken',
  'TokenRefreshRequired',
  'IncompleteBody',
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  'InvalidPart',
  'OperationAborted',
  'ConditionalRequestConflict',
  'ConcurrentModification',
]);
const TEMPORARY_STATUS: ReadonlySet<number> = new Set([408, 429]);

/** Tells whether a call failed with one of these codes of S3's. An HTTP status may stand for the code. */
export function isS3Error(error: unknown, ...names: readonly string[]): boolean {
  if (!(error instanceof S3ServiceException)) return false;
  // The answer to a HEAD has no body that could name the error.
  const byStatus = error.name in BY_NAME ? undefined : BY_STATUS[error.$metadata.httpStatusCode ?? 0];
  return names.some((name) => name === error.name || name === byStatus);
}

/** Tells whether a call failed because an object or an upload is not there. */
export function isAbsent(error: unknown): boolean {
  return isS3Error(error, 'NoSuchKey', 'NoSuchUpload', 'NotFound');
}

/** Tells whether a server has refused a conditional write because its condition does not hold. */
export function isConditionRefused(error: unknown): boolean {
  return isS3Error(error, 'PreconditionFailed', 'ConditionalRequestConflict');
}

/** Turns a call's error into a StoreError. Tenants may see its message, so it names no bucket. */
export function fromS3(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  if (error instanceof S3ServiceException) return fromAnswer(error);
  if (error instanceof Error && error.name === 'CredentialsProviderError') {
    return new StoreError('forbidden', 'the worker has no credentials for the bucket', { cause: error });
  }
  return new StoreError('unavailable', 'the object store does not answer', { cause: error });
}

function fromAnswer(error: S3ServiceException): StoreError {
  const { name, $metadata, $response } = error;
  const status = $metadata.httpStatusCode ?? 0;
  const isTemporary = TEMPORARY.has(name) || TEMPORARY_STATUS.has(status);
  // A temporary error may have the status of a final one, such as 403.
  const known = BY_NAME[name] ?? (isTemporary ? undefined : BY_NAME[BY_STATUS[status] ?? '']);
  if (known !== undefined) return new StoreError(known[0], known[1], { cause: error });
  const isRefusal = !isTemporary && status >= 400 && status < 500;
  const isThrottling = THROTTLING.includes(name);
  const overload =
    overloadOf(status, $response?.headers['retry-after']) ?? (isThrottling ? { retryAfter: null } : null);
  return new StoreError(isRefusal ? 'forbidden' : 'unavailable', `the object store answered ${name}`, {
    cause: error,
    overload,
  });
}

/** Makes calls to S3. Turns their errors into StoreErrors or, after an abort, into the signal's reason. */
export async function onS3<T>(calls: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await calls();
  } catch (error) {
    throw signal?.aborted ? signal.reason : fromS3(error);
  }
}
