/**
 * The parts of Temporal's SDK that we need although its public packages do not export them. The SDK's version
 * is pinned exactly: whoever changes it MUST look here first.
 * - `decodeFromPayloadsAtIndex`, `decodeOptionalSinglePayload`, `decodeOptionalFailureToOptionalError`:
 *   descriptions and histories of workflows hold encoded values, even for a client that has the codec.
 * - `optionalTsToDate`: their times are protobuf's.
 * - `encodeSearchAttributeIndexedValueType`: the operator service takes the types of search attributes as
 *   numbers.
 * - `executionInfoFromRaw`: reads one page of visibility's list, which the client only gives as an endless
 *   iterator.
 */
export { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
export {
  decodeFromPayloadsAtIndex,
  decodeOptionalFailureToOptionalError,
  decodeOptionalSinglePayload,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
export { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes.js';
export { optionalTsToDate } from '@temporalio/common/lib/time.js';
