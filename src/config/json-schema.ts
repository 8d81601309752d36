import Type, { type TObject, type TSchema } from 'typebox';
import { driverNames, loadDriver } from '../stores/index.ts';
import { identityDrivers, identitySchema } from './identity.ts';
import { ConfigFile } from './schema.ts';
import { closed } from './schema-parts.ts';

/**
 * Returns the JSON Schema (draft 7) of the configuration file, with the options of every store driver, for
 * editors. `loadConfig` also checks what a schema cannot express, such as that a named region exists.
 */
export async function configSchema(): Promise<object> {
  const { properties, ...rest } = ConfigFile;
  const [pattern = '', region] = Object.entries(properties.regions.patternProperties)[0] ?? [];
  const store = Type.Union(await Promise.all(driverNames.map(storeSchema)), {
    description: 'Where the images or the files of the region are stored.',
  });
  const regions = {
    ...properties.regions,
    patternProperties: { [pattern]: { ...region, properties: { ...(region as TObject).properties, store } } },
  };
  const identity = Type.Union(
    identityDrivers.map((name) => identitySchema(name) as TSchema),
    { description: 'How the REST facade authenticates its callers. The facade does not run without it.' },
  );
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of image-replicator',
    ...rest,
    properties: { ...properties, regions, identity },
  };
}

/** Returns the schema of a region's `store` with this driver: `driver` and the driver's options. */
async function storeSchema(name: string): Promise<TSchema> {
  const driver = await loadDriver(name);
  if (driver === undefined) throw new Error(`there is no driver ${name}`);
  return Type.Object({ driver: Type.Literal(name), ...(driver.options as TObject).properties }, closed);
}
