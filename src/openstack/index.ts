export type { Catalog, Interface, UserCredential } from './catalog.ts';
export { toVersion3 } from './cloud.ts';
export { type Ec2Credentials, openEc2Credentials } from './ec2.ts';
export { CloudConfigError, OpenStackError } from './errors.ts';
export type { ImageRequest } from './image-request.ts';
export { checkKeystone, type Keystone, rescope, revoke, validate } from './keystone.ts';
export { withoutToken } from './quoted-token.ts';
export { openSession, type Session } from './session.ts';
export type { IssuedToken, TokenFacts } from './token.ts';
