import type { Refusal } from './signed-caller.ts';

/**
 * What Huawei's API gateway answers, before any of its services is asked, to a request whose sender is not
 * known: 401 with this code.
 * @see https://support.huaweicloud.com/intl/en-us/devg-apisign/api-sign-errorcode.html
 */
export const GATEWAY_CODE = 'APIGW.0301';

/** 404: none of its services has such a call. */
export const UNKNOWN_API = {
  code: 'APIGW.0101',
  message: 'The API does not exist or has not been published in the environment',
} as const;

const REASONS: Readonly<Record<Refusal, string>> = {
  missing: 'x-auth-token not found',
  bad_token: 'decrypt token fail',
  malformed: 'the Authorization header cannot be read',
  unknown_key: 'Get secretKey failed',
  bad_signature: 'verify aksk signature fail',
  expired: 'x-sdk-date has expired',
};

/** The words that go with it. */
export function gatewayMessage(refusal: Refusal): string {
  return `Incorrect IAM authentication information: ${REASONS[refusal]}`;
}
