export { runWorkers, type WorkersOptions } from './workers.ts';
