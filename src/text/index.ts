export { harmless, harmlessJson, harmlessLines, harmlessMarkdown } from './harmless.ts';
