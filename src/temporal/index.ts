export { connectClient } from './connect.ts';
export { ensureSearchAttributes } from './search-attributes.ts';
