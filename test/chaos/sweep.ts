import type { Stage } from './trial.ts';

/** Runs the sweep as an operator does. It may remove leftovers of any age that belong to no open job. */
export async function sweep({ deployment }: Stage): Promise<void> {
  const { code, stderr } = await deployment.command('sweep', '--grace', '0s');
  if (code !== 0) throw new Error(`sweep: ${code} ${stderr}`);
}
