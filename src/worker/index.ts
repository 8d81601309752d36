export { runWorkers } from './workers.ts';
