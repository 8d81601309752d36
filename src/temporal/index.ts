export { type ChainState, chainState } from './chain.ts';
export { connectClient, TemporalUnreachable } from './connect.ts';
export { ensureSearchAttributes } from './search-attributes.ts';
