export { drsDialect } from './dialect.ts';
