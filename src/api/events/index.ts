export type { StateEvent } from './event-stream.ts';
export { EventStreams } from './event-streams.ts';
