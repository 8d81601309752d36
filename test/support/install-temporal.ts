import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** The paths of the programs that `temporal-dev.sh install` installs. */
export interface TemporalPrograms {
  readonly temporal: string;
  readonly timeSkipping: string;
}

/** Installs missing programs, as `temporal-dev.sh` does. Returns their paths. */
export function installTemporal(): TemporalPrograms {
  const script = join(import.meta.dirname, '../../temporal-dev.sh');
  const output = execFileSync(script, ['install'], { encoding: 'utf8' });
  const [temporal = '', timeSkipping = ''] = output.split('\n');
  return { temporal, timeSkipping };
}
