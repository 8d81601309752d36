export { connectClient, connectWorker } from './connect.ts';
export { ensureSearchAttributes } from './search-attributes.ts';
