export { bceAuthV1 } from './bce-auth-v1.ts';
export type { SignatureScheme, SignedRequest, Verdict } from './scheme.ts';
export { sdkHmacSha256 } from './sdk-hmac-sha256.ts';
