import { readFile } from 'node:fs/promises';
import {
  type Changes,
  changesBetween,
  contentsInForce,
  FIXED_LIMITS,
  LIVE_API,
  sharesAreSafe,
} from './changes.ts';
import type { Config } from './config.ts';
import { loadConfig } from './load.ts';
import type { Regions } from './regions.ts';

/** The time between two looks at the file; milliseconds. Not every file system can be watched. */
const INTERVAL = 2000;

/** The part of a pino logger that is used here. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

interface LiveConfigOptions {
  readonly file: string;
  /** The configuration that was read at the start. It is changed in place. */
  readonly config: Config;
  /** The open regions. New regions are added in place. */
  readonly regions: Regions;
  /** Opens the stores of regions. */
  readonly open: (config: Config) => Promise<Regions>;
  readonly log: Log;
}

/** A configuration that follows its file while a process runs. */
export interface LiveConfig {
  /** Adds a function that is called after each change with the names of new regions. */
  onChange(listener: (added: readonly string[]) => unknown): void;
  /** Stops following the file. */
  close(): void;
}

/**
 * Reads the configuration again when its file has changed, and on SIGHUP. Changes of live keys take effect at
 * once, in `config` and `regions`. Every other changed key is logged: it needs a restart. If the file cannot
 * be used, logs why, and changes nothing.
 */
export function followConfig(options: LiveConfigOptions): LiveConfig {
  const { file, config, log } = options;
  const listeners: ((added: readonly string[]) => unknown)[] = [];
  let lastText: string | undefined;
  let reading = Promise.resolve();

  async function readAgain({ isFirst }: { readonly isFirst: boolean }): Promise<void> {
    try {
      const next = await loadConfig(file);
      const changes = changesBetween(config, next);
      // The file has rarely changed since the process has loaded it.
      if (isFirst && changes.live.length + changes.restart.length === 0) return;
      const added = await openAdded(options, next);
      logChanges(changes);
      applyInPlace(options, next, added);
      for (const listener of listeners) listener([...added.keys()]);
    } catch (err) {
      log.error({ err }, 'the configuration cannot be used: the old one stays in force');
    }
  }

  function logChanges({ live, restart }: Changes): void {
    for (const key of restart) log.warn({ key }, `${key} needs a restart: until then its old value holds`);
    log.info({ changed: live }, 'the configuration was read again');
  }

  /** Looks at the file. Tells whether its text has changed since the last look. */
  async function hasChanged(): Promise<boolean> {
    const before = lastText;
    lastText = await readFile(file, 'utf8').catch(() => '');
    return lastText !== before;
  }

  /**
   * Reads the configuration at the first look, if its file has changed, and if `isForced`. Calls do not
   * overlap.
   */
  function look({ isForced }: { readonly isForced: boolean }): void {
    reading = reading.then(async () => {
      const isFirst = lastText === undefined;
      if ((await hasChanged()) || isForced) await readAgain({ isFirst });
    });
  }

  const onHangUp = () => look({ isForced: true });
  process.on('SIGHUP', onHangUp);
  const timer = setInterval(look, INTERVAL, { isForced: false }).unref();
  look({ isForced: false });
  return {
    onChange: (listener) => void listeners.push(listener),
    close() {
      clearInterval(timer);
      process.off('SIGHUP', onHangUp);
    },
  };
}

/** Opens the stores of the regions that are new. */
async function openAdded({ regions, open }: LiveConfigOptions, next: Config): Promise<Regions> {
  const added = [...next.regions].filter(([name]) => !regions.has(name));
  return open({ ...next, regions: new Map(added) });
}

/** Applies the live changes in place. To all other code, these objects are read-only. */
function applyInPlace({ config, regions }: LiveConfigOptions, next: Config, added: Regions): void {
  const contents = contentsInForce(config, next);
  Object.assign(config.limits, next.limits, pick(config.limits, Object.values(FIXED_LIMITS)));
  Object.assign(config.api, pick(next.api, Object.values(LIVE_API)));
  if (sharesAreSafe(config, next)) replaceAll(config.shares, next.shares);
  for (const [name, { bandwidth }] of next.regions) {
    const region = config.regions.get(name);
    if (region !== undefined) Object.assign(region, { bandwidth });
  }
  for (const name of added.keys()) setIn(config.regions, name, next.regions.get(name));
  for (const [name, region] of added) setIn(regions, name, region);
  Object.assign(config, { contents, tenantLimits: next.tenantLimits, webUi: next.webUi });
}

function pick<From extends object, Key extends keyof From>(
  from: From,
  keys: readonly Key[],
): Pick<From, Key> {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<From, Key>;
}

function replaceAll<Value>(map: ReadonlyMap<string, Value>, others: ReadonlyMap<string, Value>): void {
  (map as Map<string, Value>).clear();
  for (const [key, value] of others) setIn(map, key, value);
}

function setIn<Value>(map: ReadonlyMap<string, Value>, key: string, value: Value | undefined): void {
  if (value !== undefined) (map as Map<string, Value>).set(key, value);
}
