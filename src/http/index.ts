export { openAgent } from './agent.ts';
export { waitFor } from './wait-for.ts';
