import { mkdtempSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/until.ts';

/** What becomes of calls to the file system in one process. */
export interface FileRule {
  readonly name: string;
  /** Functions of `node:fs/promises`, or of its file handles. */
  readonly calls: readonly string[];
  /** A regular expression over the call's paths. */
  readonly path: string;
  /** Bytes of the buffer, at least. */
  readonly least?: number;
  /** How many are let pass before. */
  readonly after?: number;
  /** With how many of them at most, those before included. */
  readonly until?: number;
  readonly act: 'hold' | 'delay' | 'fail' | 'flip' | 'count';
  readonly ms?: number;
  readonly code?: string;
}

export interface Rules {
  readonly files: readonly FileRule[];
  /** How far the clock is ahead; milliseconds. */
  readonly clock: number;
}

/** What a rule has been met by. */
export interface Met {
  /** Calls so far. */
  hits(): number;
  /** Waits for the first one, or that many. */
  reached(times?: number): Promise<void>;
  /** Lets go on what is held. */
  release(): void;
  /** The rule holds for no further call. */
  remove(): void;
}

/** The folder through which a process is told what is to go wrong in it. */
export interface Control {
  readonly folder: string;
  add(rule: Omit<FileRule, 'name'>): Met;
  setClock(ahead: number): void;
}

let made = 0;

/** Opens one in a folder, which it is removed with. */
export function openControl(within: string): Control {
  const folder = mkdtempSync(join(within, 'control-'));
  let rules: Rules = { files: [], clock: 0 };
  const write = (next: Rules) => {
    rules = next;
    writeFileSync(join(folder, 'rules.tmp'), JSON.stringify(rules));
    renameSync(join(folder, 'rules.tmp'), join(folder, 'rules.json'));
  };
  write(rules);
  return {
    folder,
    setClock: (clock) => write({ ...rules, clock }),
    add(rule) {
      const name = `rule-${made++}`;
      write({ ...rules, files: [{ name, ...rule }, ...rules.files] });
      const hits = () => statSync(join(folder, `${name}.hits`), { throwIfNoEntry: false })?.size ?? 0;
      return {
        hits,
        reached: async (times = 1) => {
          await until(() => hits() >= times, 30_000);
        },
        release: () => writeFileSync(join(folder, `${name}.released`), ''),
        remove: () => write({ ...rules, files: rules.files.filter((each) => each.name !== name) }),
      };
    },
  };
}
