import { createHash } from 'node:crypto';
import Type from 'typebox';

/** The schema of the SHA-256 by which a file names a token without revealing it. */
export const Sha256 = Type.String({
  pattern: '^[0-9a-f]{64}$',
  patternErrorMessage: 'a SHA-256 of 64 digits 0 to 9 and a to f',
});

/** Returns the SHA-256 of a token in the form of the schema `Sha256`. */
export function sha256Of(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
