import type { Refusal } from './signed-caller.ts';

/**
 * The code with which Huawei's API gateway answers a request whose sender could not be authenticated. The
 * status of the answer is 401.
 * @see https://support.huaweicloud.com/intl/en-us/devg-apisign/api-sign-errorcode.html
 */
export const UNAUTHENTICATED_CODE = 'APIGW.0301';

/** The answer of Huawei's API gateway to a call that does not exist. Its status is 404. */
export const UNKNOWN_API = {
  code: 'APIGW.0101',
  message: 'The API does not exist or has not been published in the environment',
} as const;

/**
 * The answer of Huawei's API gateway to a client that sends too many requests. Its status is 429, after which
 * the vendor's clients try again.
 */
export const THROTTLED = {
  code: 'APIGW.0308',
  message: 'The throttling threshold has been reached',
} as const;

/** Returns the headers of the answer to a request that reaches no route. */
export function plainHeaders(requestId: string): Readonly<Record<string, string>> {
  return { 'Content-Type': 'application/json; charset=utf-8', 'X-request-id': requestId };
}

const REASONS: Readonly<Record<Refusal, string>> = {
  missing: 'x-auth-token not found',
  bad_token: 'decrypt token fail',
  malformed: 'the Authorization header cannot be read',
  unknown_key: 'Get secretKey failed',
  bad_signature: 'verify aksk signature fail',
  expired: 'x-sdk-date has expired',
};

/** Returns the message that goes with `UNAUTHENTICATED_CODE`. */
export function gatewayMessage(refusal: Refusal): string {
  return `Incorrect IAM authentication information: ${REASONS[refusal]}`;
}
