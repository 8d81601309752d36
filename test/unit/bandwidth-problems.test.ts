import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { configFiles, REGIONS } from './config-files.ts';

const { written } = configFiles();

test.each([
  ['limits.time_zone', 'limits: { time_zone: Paris }'],
  ['limits.pair_bandwidth.ot1->ot9', 'limits: { pair_bandwidth: { "ot1->ot9": 1MB/s } }'],
  ['limits.pair_bandwidth', 'limits: { pair_bandwidth: { ot1: 1MB/s } }'],
  ['limits.bandwidth', 'limits: { bandwidth: { "8-18": 1MB/s } }'],
  ['limits.bandwidth', 'limits: { bandwidth: { "08:00-18:00": 1MB } }'],
  ['limits.bandwidth', 'limits: { bandwidth: {} }'],
  ['limits.tenant_bandwidth.a', 'limits: { tenant_bandwidth: { a: fast } }'],
])('the error names the key %s, and not only its section, in: %s', async (key, section) => {
  const loaded = loadConfig(await written(`${REGIONS}\n${section}\n`));
  await expect(loaded).rejects.toThrow(key);
});
