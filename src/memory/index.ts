export { borrowPages, copyInto, pagesInUse, returnPages } from './pages.ts';
export { GIB, KIB, MIB } from './units.ts';
