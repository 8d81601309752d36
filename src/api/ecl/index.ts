export { eclDialect } from './dialect.ts';
export { answerError } from './errors.ts';
