export { type Chain, chainOf, mayHaveCompleted, type RunRef } from './chain.ts';
export { connectClient, TemporalUnreachable } from './connect.ts';
export { lastHeartbeat } from './heartbeat.ts';
export { quoted } from './query.ts';
export { ensureSearchAttributes } from './search-attributes.ts';
