export { changesBetween } from './changes.ts';
export {
  type ApiConfig,
  type Config,
  ConfigError,
  type EncryptionConfig,
  type IdentityConfig,
  type Limits,
  type Share,
  type Shares,
  type TenantLimits,
  type TlsFiles,
} from './config.ts';
export { configSchema } from './json-schema.ts';
export { followConfig, type LiveConfig } from './live.ts';
export { loadConfig } from './load.ts';
export { openRegions, type Region, type Regions } from './regions.ts';
export { readMarkerKey, readSecret, type SecretReference, UnusableSecret } from './secret.ts';
export { parseRate } from './size.ts';
export { type Rate, rateAt } from './timetable.ts';
