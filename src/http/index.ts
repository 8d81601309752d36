export { openAgent, type Trust } from './agent.ts';
export { waitFor } from './wait-for.ts';
