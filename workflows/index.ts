export { copyImage } from './copy-image.ts';
