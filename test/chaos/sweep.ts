import type { Stage } from './trial.ts';

/** Removes at once what no open job names, as an operator does. */
export async function sweep({ deployment }: Stage): Promise<void> {
  const { code, stderr } = await deployment.command('sweep', '--grace', '0s');
  if (code !== 0) throw new Error(`sweep: ${code} ${stderr}`);
}
