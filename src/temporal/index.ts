export { type Chain, chainOf, mayHaveCompleted, type RunRef } from './chain.ts';
export { connectClient, TemporalUnreachable } from './connect.ts';
export { describeIfThere } from './describe.ts';
export { lastHeartbeat } from './heartbeat.ts';
export { allOf, attribute, type VisibilityQuery, visibility } from './query.ts';
export { forRequest } from './request-scope.ts';
export { ensureSearchAttributes } from './search-attributes.ts';
export { listPage, listWorkflows } from './visibility.ts';
