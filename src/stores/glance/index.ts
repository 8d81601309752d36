export { glanceDriver } from './driver.ts';
