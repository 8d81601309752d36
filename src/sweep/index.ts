export { type Finding, regionsOf, sweepRegion } from './sweep.ts';
