export { type Chain, chainOf, mayHaveCompleted, type RunRef } from './chain.ts';
export { createCodecServer } from './codec-server.ts';
export { connectClient, TemporalUnreachable } from './connect.ts';
export { describeIfThere } from './describe.ts';
export { encryptingConverter, openCodec } from './encryption.ts';
export { lastHeartbeat } from './heartbeat.ts';
export { allOf, anyOf, attribute, OPEN, type VisibilityQuery, visibility } from './query.ts';
export { forRequest, requestId } from './request-scope.ts';
export {
  decodeOptionalFailureToOptionalError,
  decodeOptionalSinglePayload,
  optionalTsToDate,
} from './sdk-internals.ts';
export { ensureSearchAttributes } from './search-attributes.ts';
export { countWorkflows, listPage, listWorkflows } from './visibility.ts';
