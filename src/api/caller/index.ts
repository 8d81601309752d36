export { type Admission, openAdmission } from './admission.ts';
export { Callers } from './callers.ts';
export { askForBody, holdBodiesBack } from './expect-continue.ts';
export { nameRequest, RequestId, requireHuaweiCaller } from './huawei-callers.ts';
export { GATEWAY_CODE, gatewayMessage, THROTTLED, UNKNOWN_API } from './huawei-gateway.ts';
export { requireCaller } from './require-caller.ts';
export type { Refusal } from './signed-caller.ts';
