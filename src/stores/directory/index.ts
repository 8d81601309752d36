export { directoryDriver } from './driver.ts';
