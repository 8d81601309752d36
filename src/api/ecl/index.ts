export { eclDialect } from './dialect.ts';
