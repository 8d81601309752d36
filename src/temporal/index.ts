export { connectClient, TemporalUnreachable } from './connect.ts';
export { ensureSearchAttributes } from './search-attributes.ts';
