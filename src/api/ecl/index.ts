export { eclDialect } from './dialect.ts';
export { answerError } from './errors.ts';
export { ErrorBody } from './schemas.ts';
