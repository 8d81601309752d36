export { type Identity, IdentityUnavailable } from './port.ts';
export { tokenFile } from './token-file.ts';
