export { LimitReached, openQuota, type Quota } from './quota.ts';
