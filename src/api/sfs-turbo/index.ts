export { sfsTurboDialect } from './dialect.ts';
