export { type Admission, openAdmission } from './admission.ts';
export { Callers } from './callers.ts';
export { continueAfterCheck, holdBodiesBack } from './expect-continue.ts';
export { RequestId, requireHuaweiCaller } from './huawei-callers.ts';
export {
  gatewayMessage,
  plainHeaders,
  THROTTLED,
  UNAUTHENTICATED_CODE,
  UNKNOWN_API,
} from './huawei-gateway.ts';
export { requireCaller } from './require-caller.ts';
export type { Refusal } from './signed-caller.ts';
