export { Callers } from './callers.ts';
export { nameRequest, requireHuaweiCaller } from './huawei-callers.ts';
export { GATEWAY_CODE, gatewayMessage, UNKNOWN_API } from './huawei-gateway.ts';
export { requireCaller } from './require-caller.ts';
export type { Refusal } from './signed-caller.ts';
