/**
 * Functions of Temporal's SDK that its public API does not export. The SDK's version is pinned exactly, and
 * these imports MUST be checked when that version changes.
 * - `decodeFromPayloadsAtIndex`, `decodeOptionalSinglePayload`, `decodeOptionalFailureToOptionalError`: they
 *   decode the values in raw descriptions and histories of workflows, which a client leaves encoded.
 * - `optionalTsToDate`: converts the protobuf times in these descriptions.
 * - `encodeSearchAttributeIndexedValueType`: converts the type of a search attribute into the number that the
 *   operator service takes.
 * - `executionInfoFromRaw`: decodes the entries of one page of a list of workflows. The client's own list
 *   hides its pages.
 */
export { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
export {
  decodeFromPayloadsAtIndex,
  decodeOptionalFailureToOptionalError,
  decodeOptionalSinglePayload,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
export { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes.js';
export { optionalTsToDate } from '@temporalio/common/lib/time.js';
