export { type ErrorCode, errorCodes } from "./codes.ts";
export {
  describeThrown,
  deserializeError,
  type ErrorContext,
  GlacierError,
  type GlacierErrorInit,
  isGlacierError,
  type SerializedError,
} from "./error.ts";
