export { regionsOf, type SweepFinding, type SweepOptions, sweepStores } from './sweep.ts';
