import type { Stage } from './trial.ts';

/** Runs the sweep as an operator does, and lets it remove leftovers of any age that no open job names. */
export async function sweep({ deployment }: Stage): Promise<void> {
  const { code, stderr } = await deployment.command('sweep', '--grace', '0s');
  if (code !== 0) throw new Error(`sweep: ${code} ${stderr}`);
}
