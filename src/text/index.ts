export { bytesText, clockText, rateText, spanText } from './amounts.ts';
export { errorText } from './error-text.ts';
export { harmless, harmlessJson, harmlessLines, harmlessMarkdown } from './harmless.ts';
export { labelOf } from './label.ts';
export { schemaProblems, unknownKey, wrongValue } from './schema-problems.ts';
export { ILL_FORMED, illFormedField } from './well-formed.ts';
