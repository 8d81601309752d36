import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { TSchema } from 'typebox';
import Value from 'typebox/value';
import { parse } from 'yaml';
import { driverNames, loadDriver } from '../stores/index.ts';
import { errorText, schemaProblems } from '../text/index.ts';
import { bandwidthProblems } from './bandwidth-limits.ts';
import { type Config, ConfigError } from './config.ts';
import { sharedRegions, withDefaults } from './defaults.ts';
import { parseDuration } from './duration.ts';
import { encryptionProblems } from './encryption.ts';
import { identitySchemas } from './identity.ts';
import { ConfigFile } from './schema.ts';

/**
 * Reads a configuration file (YAML 1.2).
 * @throws ConfigError that names each key that is wrong, and what is expected there
 */
export async function loadConfig(file: string): Promise<Config> {
  const text = await readFile(file, 'utf8').catch((error) => {
    throw new ConfigError(file, [
      `cannot be read (${error.code}): name the configuration file with --config`,
    ]);
  });
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new ConfigError(file, [`is not valid YAML: ${errorText(error)}`]);
  }
  const problems = problemsWith(ConfigFile, value, '');
  if (problems.length > 0) throw new ConfigError(file, problems);
  const contents = value as ConfigFile;
  const otherProblems = [
    ...(await driverProblems(contents)),
    ...identityProblems(contents),
    ...regionProblems(contents),
    ...limitProblems(contents),
    ...bandwidthProblems(contents),
    ...encryptionProblems(contents),
  ];
  if (otherProblems.length > 0) throw new ConfigError(file, otherProblems);
  return withDefaults(contents, dirname(resolve(file)));
}

async function driverProblems({ regions }: ConfigFile): Promise<string[]> {
  const problems = Object.entries(regions).map(async ([name, { store }]) => {
    const { driver: driverName, ...options } = store;
    const driver = await loadDriver(driverName);
    if (driver !== undefined) return problemsWith(driver.options, options, `regions.${name}.store`);
    const known = driverNames.join(', ');
    return [`regions.${name}.store.driver: there is no driver '${driverName}'; use one of: ${known}`];
  });
  return (await Promise.all(problems)).flat();
}

function identityProblems({ identity }: ConfigFile): string[] {
  if (identity === undefined) return [];
  const schema = identitySchemas.get(identity.driver);
  if (schema !== undefined) return problemsWith(schema, identity, 'identity');
  const known = [...identitySchemas.keys()].join(', ');
  return [`identity.driver: there is no driver '${identity.driver}'; use one of: ${known}`];
}

function regionProblems(file: ConfigFile): string[] {
  const imageRegions: [key: string, region: string | undefined][] = [
    ['api.default_source_region', file.api?.default_source_region],
    ...regionsIn('api.source_region_by_host', file.api?.source_region_by_host),
    ...regionsIn('api.destination_region_by_tenant', file.api?.destination_region_by_tenant),
  ];
  const shareRegions = Object.entries(file.shares ?? {}).flatMap(([id, { region, targets }]) => [
    [`shares.${id}.region`, region] as [string, string],
    ...regionsIn(`shares.${id}.targets`, targets),
  ]);
  const known = Object.keys(file.regions).join(', ');
  const shared = sharedRegions(file);
  return [
    ...[...imageRegions, ...shareRegions]
      .filter(([, region]) => region !== undefined && !Object.hasOwn(file.regions, region))
      .map(([key, region]) => `${key}: there is no region '${region}'; use one of: ${known}`),
    ...imageRegions
      .filter(([, region]) => region !== undefined && shared.has(region))
      .map(([key, region]) => `${key}: the region '${region}' belongs to a file share, and has no images`),
  ];
}

/** The longest time that a limit may have. A timer of Node.js for more than 24.8 days would fire at once. */
const MAX_TIME = '24d';

function limitProblems({ limits = {} }: ConfigFile): string[] {
  const { lanes } = limits;
  // Other texts, such as a size, are no durations. For them the comparison is false.
  const tooLong = Object.entries(limits)
    .filter(([, limit]) => typeof limit === 'string' && parseDuration(limit) > parseDuration(MAX_TIME))
    .map(([key]) => `limits.${key}: has to be ${MAX_TIME} or less`);
  const hasNoRange = typeof lanes === 'object' && lanes.min > lanes.max;
  return hasNoRange ? [...tooLong, 'limits.lanes.min: has to be limits.lanes.max or less'] : tooLong;
}

/** Returns the regions that a record names, each with its key in the file. */
function regionsIn(key: string, record: Record<string, string> = {}): [string, string][] {
  return Object.entries(record).map(([name, region]) => [`${key}.${name}`, region]);
}

function problemsWith(schema: TSchema, value: unknown, prefix: string): string[] {
  return schemaProblems(schema, value, Value.Errors(schema, value)).map(({ path, problem }) => {
    const key = [prefix, path].filter((part) => part !== '').join('.');
    return `${key || 'the file'}: ${problem}`;
  });
}
