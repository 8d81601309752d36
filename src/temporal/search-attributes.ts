import type { Client } from '@temporalio/client';
import { searchAttributes } from '../copy-job/index.ts';
import { encodeSearchAttributeIndexedValueType } from './sdk-internals.ts';

/**
 * Registers the product's search attributes that the namespace lacks.
 * @throws Error with the command for an administrator, if this process may not register them
 */
export async function ensureSearchAttributes(client: Client): Promise<void> {
  const { operatorService } = client.connection;
  const namespace = client.options.namespace;
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(searchAttributes).filter(({ name }) => !(name in (customAttributes ?? {})));
  if (missing.length === 0) return;
  const types = missing.map(({ name, type }) => [name, encodeSearchAttributeIndexedValueType(type)]);
  try {
    await operatorService.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(types) });
  } catch (cause) {
    const flags = missing.map(({ name, type }) => `--name ${name} --type ${cliType(type)}`).join(' ');
    const command = `temporal operator search-attribute create --namespace ${namespace} ${flags}`;
    const problem = 'the namespace lacks search attributes';
    throw new Error(`${problem}; let an administrator of Temporal run: ${command}`, { cause });
  }
}

function cliType(type: string): string {
  return type === 'KEYWORD_LIST' ? 'KeywordList' : 'Keyword';
}
