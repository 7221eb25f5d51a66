export { type ErrorCode, errorCodes } from "./codes.ts";
export {
  deserializeError,
  describeThrown,
  type ErrorContext,
  GlacierError,
  type GlacierErrorInit,
  isGlacierError,
  type SerializedError,
} from "./error.ts";
