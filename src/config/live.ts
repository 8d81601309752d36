import { readFile } from 'node:fs/promises';
import { type Changes, changesBetween, FIXED_LIMITS, LIVE_API, sharesAreSafe } from './changes.ts';
import type { Config } from './config.ts';
import { loadConfig } from './load.ts';
import type { Regions } from './regions.ts';

/** How often the file is looked at; milliseconds. Some file systems cannot be watched. */
const INTERVAL = 2000;

/** A place to log at, as pino is. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface LiveConfigOptions {
  readonly file: string;
  /** The configuration that was read at the start. Parts of it change in place. */
  readonly config: Config;
  /** The open regions. New ones are added in place. */
  readonly regions: Regions;
  /** Opens the stores of regions. */
  readonly open: (config: Config) => Promise<Regions>;
  readonly log: Log;
}

/** A configuration that follows its file while a process runs. */
export interface LiveConfig {
  /** Adds a function that is called after each change, with the names of the regions that are new. */
  onChange(listener: (added: readonly string[]) => unknown): void;
  /** Stops following the file. */
  close(): void;
}

/**
 * Reads a configuration again when its file changes, and on SIGHUP. Safe changes take effect at once in
 * `config` and `regions`. For each other key, logs that it needs a restart. If the file cannot be used, logs
 * why, and changes nothing.
 */
export function followConfig(options: LiveConfigOptions): LiveConfig {
  const { file, config, log } = options;
  const listeners: ((added: readonly string[]) => unknown)[] = [];
  let seen: string | undefined;
  // The configuration with which the process has started, with the regions that have come since.
  const base = { ...config, contents: structuredClone(config.contents) };
  let last: Config = config;
  let reading = Promise.resolve();

  async function readAgain(): Promise<void> {
    try {
      const next = await loadConfig(file);
      const added = await openAdded(options, next);
      tell({ live: changesBetween(last, next).live, restart: changesBetween(base, next).restart });
      takeOver(options, next, added);
      for (const name of added.keys()) noteRegion(base.contents, next.contents, name);
      last = next;
      for (const listener of listeners) listener([...added.keys()]);
    } catch (err) {
      log.error({ err }, 'the configuration cannot be used: the old one stays in force');
    }
  }

  function tell({ live, restart }: Changes): void {
    for (const key of restart) log.warn({ key }, `${key} needs a restart: until then its old value holds`);
    log.info({ changed: live }, 'the configuration was read again');
  }

  /** Reads the file if it has changed. Calls do not overlap. */
  function look(isForced: boolean): void {
    reading = reading.then(async () => {
      const text = await readFile(file, 'utf8').catch(() => '');
      const isNew = seen !== undefined && text !== seen;
      seen = text;
      if (isForced || isNew) await readAgain();
    });
  }

  const onHangUp = () => look(true);
  process.on('SIGHUP', onHangUp);
  const timer = setInterval(look, INTERVAL, false).unref();
  look(false);
  return {
    onChange: (listener) => void listeners.push(listener),
    close() {
      clearInterval(timer);
      process.off('SIGHUP', onHangUp);
    },
  };
}

/** Opens those regions that were not there before. */
async function openAdded({ regions, open }: LiveConfigOptions, next: Config): Promise<Regions> {
  const added = [...next.regions].filter(([name]) => !regions.has(name));
  return open({ ...next, regions: new Map(added) });
}

/** Makes the safe changes in place. Everybody else sees these objects as read-only. */
function takeOver({ config, regions }: LiveConfigOptions, next: Config, added: Regions): void {
  Object.assign(config.limits, next.limits, pick(config.limits, Object.values(FIXED_LIMITS)));
  Object.assign(config.api, pick(next.api, Object.values(LIVE_API)));
  if (sharesAreSafe(config, next)) replaceAll(config.shares, next.shares);
  for (const [name, { bandwidth }] of next.regions) {
    const region = config.regions.get(name);
    if (region !== undefined) Object.assign(region, { bandwidth });
  }
  for (const name of added.keys()) setIn(config.regions, name, next.regions.get(name));
  for (const [name, region] of added) setIn(regions, name, region);
  Object.assign(config, { tenantLimits: next.tenantLimits, webUi: next.webUi });
}

/** Copies a region of one file's contents into those of another. */
function noteRegion(base: object, next: object, name: string): void {
  const [ours, theirs] = [base, next] as { regions: Record<string, unknown> }[];
  if (ours !== undefined && theirs !== undefined) ours.regions[name] = theirs.regions[name];
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
