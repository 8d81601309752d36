export { oidcOperators } from './oidc.ts';
export { openIdentity } from './open.ts';
export { type Operators, operatorsFile } from './operators.ts';
export { type Identity, IdentityUnavailable, type Principal } from './port.ts';
export { tokenFile } from './token-file.ts';
