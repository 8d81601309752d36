import type { Stage } from './trial.ts';

/** Removes at once what no open job names, as an operator does; whether the product can. */
export async function sweep({ deployment }: Stage): Promise<boolean> {
  const { stdout } = await deployment.command('--help');
  if (!/^ +sweep\b/m.test(stdout)) return false;
  const { code, stderr } = await deployment.command('sweep', '--grace', '0s');
  if (code !== 0) throw new Error(`sweep: ${code} ${stderr}`);
  return true;
}
