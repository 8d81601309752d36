import Type, { type TSchema } from 'typebox';
import { driverNames, loadDriver } from '../stores/index.ts';
import { identitySchemas } from './identity.ts';
import { ConfigFile, Region, recordOfRegions } from './schema.ts';
import { closed } from './schema-parts.ts';

/**
 * Returns the JSON Schema (draft 7) of the configuration file, with the options of every store driver, for
 * editors. `loadConfig` also checks what a schema cannot express, such as that a named region exists.
 */
export async function configSchema(): Promise<object> {
  const { properties, ...rest } = ConfigFile;
  const store = Type.Union(await Promise.all(driverNames.map(storeSchema)), {
    description: 'Where the images or the files of the region are stored.',
  });
  const identity = Type.Union([...identitySchemas.values()], {
    description: 'How the REST facade authenticates its callers. The facade does not run without it.',
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of image-replicator',
    ...rest,
    properties: {
      ...properties,
      regions: recordOfRegions(Type.Object({ ...Region.properties, store }, closed)),
      identity,
    },
  };
}

/** Returns the schema of a region's `store` with this driver: `driver` and the driver's options. */
async function storeSchema(name: string): Promise<TSchema> {
  const driver = await loadDriver(name);
  if (driver === undefined) throw new Error(`there is no driver ${name}`);
  return Type.Object({ driver: Type.Literal(name), ...driver.options.properties }, closed);
}
