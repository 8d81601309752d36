import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import packageJson from '../../package.json' with { type: 'json' };
import { dialects } from './dialects.ts';
import { HEALTH_TAG } from './health.ts';

/** Adds `/openapi.json`, which describes all routes that are added after this call. */
export async function describeApi(app: FastifyInstance): Promise<void> {
  /** The operation ids of the calls whose body may be left out. */
  const withOptionalBody = new Set<string>();
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'image-replicator',
        version: packageJson.version,
        description: 'Copies of machine images from one region to another.',
        license: { name: packageJson.license, identifier: packageJson.license },
      },
      servers: [{ url: '/', description: 'The facade that gives this description.' }],
      tags: [...dialects.map(({ tag }) => tag), HEALTH_TAG],
      components: {
        securitySchemes: {
          token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' },
          signature: { type: 'apiKey', in: 'header', name: 'Authorization' },
        },
      },
    },
    // `config.optionalBody` of a route is the schema of a body that may be left out. The description shows
    // this schema. Fastify validates with another one, which also allows `null`, or with none.
    transform: ({ schema, url, route }) => {
      const { optionalBody } = (route.config ?? {}) as { readonly optionalBody?: object };
      if (optionalBody === undefined) return { schema, url };
      withOptionalBody.add(schema.operationId ?? '');
      return { schema: { ...schema, body: optionalBody }, url };
    },
    transformObject: (description) => {
      if (!('openapiObject' in description)) return description.swaggerObject;
      const { openapiObject } = description;
      for (const { post } of Object.values(openapiObject.paths ?? {}).map((path) => path ?? {})) {
        const body = post?.requestBody;
        const isOptional = withOptionalBody.has(post?.operationId ?? '');
        if (isOptional && body !== undefined && 'content' in body) body.required = false;
      }
      return openapiObject;
    },
  });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}
