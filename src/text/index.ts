export { harmless, harmlessJson, harmlessLines, harmlessMarkdown } from './harmless.ts';
export { schemaProblems } from './schema-problems.ts';
