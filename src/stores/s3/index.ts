export { s3Driver } from './driver.ts';
