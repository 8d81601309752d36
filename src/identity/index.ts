export { openIdentity } from './open.ts';
export { type Identity, IdentityUnavailable, type Principal } from './port.ts';
export { tokenFile } from './token-file.ts';
