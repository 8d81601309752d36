/**
 * What we take from the inside of Temporal's SDK, because its public packages do not export it. The SDK's
 * version is pinned exactly; with another one, look here first.
 *
 * - `decodeFromPayloadsAtIndex`, `decodeOptionalSinglePayload`, `decodeOptionalFailureToOptionalError`: what
 *   a description or a history of a workflow holds comes encoded, also where the client knows the codec.
 * - `optionalTsToDate`: times in them are protobuf's.
 * - `encodeSearchAttributeIndexedValueType`: the operator service takes types of search attributes as
 *   numbers.
 * - `executionInfoFromRaw`: a page of visibility's list, which the client gives only as an endless iterator.
 */
export { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
export {
  decodeFromPayloadsAtIndex,
  decodeOptionalFailureToOptionalError,
  decodeOptionalSinglePayload,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
export { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes.js';
export { optionalTsToDate } from '@temporalio/common/lib/time.js';
