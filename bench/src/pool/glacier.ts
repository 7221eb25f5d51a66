import { serve } from "../../../packages/local/src/pool/serve.ts";

serve((value: number | ArrayBuffer) => (typeof value === "number" ? value + 1 : value.byteLength));
