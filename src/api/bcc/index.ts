export { bccDialect } from './dialect.ts';
