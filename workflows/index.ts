export { cleanUp } from './clean-up.ts';
export { copyImage } from './copy-image.ts';
export { deleteTask } from './delete-task.ts';
export { moveObjects } from './move-objects.ts';
export { sweepRegion } from './sweep-region.ts';
