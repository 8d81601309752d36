export { withOwnSignal } from './own-signal.ts';
export { pause } from './pause.ts';
export { waitFor } from './wait-for.ts';
export { whileWaiting } from './while-waiting.ts';
export { withinTime } from './within-time.ts';
