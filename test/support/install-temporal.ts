import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** The paths of the programs that `temporal-dev.sh install` installs. */
export interface TemporalPrograms {
  readonly temporal: string;
  readonly timeSkipping: string;
}

/** Installs what is missing, as `temporal-dev.sh` does, and returns the programs. */
export function installTemporal(): TemporalPrograms {
  const script = join(import.meta.dirname, '../../temporal-dev.sh');
  const output = execFileSync(script, ['install'], { encoding: 'utf8' });
  const [temporal = '', timeSkipping = ''] = output.split('\n');
  return { temporal, timeSkipping };
}
