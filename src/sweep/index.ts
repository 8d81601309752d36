export { regionsOf, type SweepFinding, sweepStores } from './sweep.ts';
