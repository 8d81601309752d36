export { type Admission, openAdmission } from './admission.ts';
export { Callers } from './callers.ts';
export { askForBody, holdBodiesBack } from './expect-continue.ts';
export { RequestId, requireHuaweiCaller } from './huawei-callers.ts';
export { GATEWAY_CODE, gatewayMessage, plainHeaders, THROTTLED, UNKNOWN_API } from './huawei-gateway.ts';
export { requireCaller } from './require-caller.ts';
export type { Refusal } from './signed-caller.ts';
