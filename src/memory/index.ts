export { borrowPages, copyInto, returnPages } from './pages.ts';
export { GIB, KIB, MIB } from './units.ts';
