import type { StorageCase } from "../../test-storage.ts";
import { brokenCancellation } from "./cancellation.ts";
import { brokenConditions } from "./conditions.ts";
import { brokenCopies } from "./copies.ts";
import { brokenDeletes } from "./deletes.ts";
import { brokenErrors } from "./errors.ts";
import { brokenInformation } from "./information.ts";
import { brokenKeys } from "./keys.ts";
import { brokenListing } from "./listing.ts";
import type { MutantsOf } from "./mutant.ts";
import { brokenPaths } from "./paths.ts";
import { brokenPressure } from "./pressure.ts";
import { brokenRanges } from "./ranges.ts";
import { brokenReleases } from "./releases.ts";
import { brokenRoundTrips } from "./round-trips.ts";
import { brokenWholeness } from "./wholeness.ts";

export { credential } from "./errors.ts";
export type { Mutant } from "./mutant.ts";

/** By its type at least one mutant for each case. */
export const mutants: MutantsOf<StorageCase> = {
  ...brokenRoundTrips,
  ...brokenRanges,
  ...brokenConditions,
  ...brokenWholeness,
  ...brokenCancellation,
  ...brokenPressure,
  ...brokenReleases,
  ...brokenListing,
  ...brokenKeys,
  ...brokenDeletes,
  ...brokenInformation,
  ...brokenErrors,
  ...brokenCopies,
  ...brokenPaths,
};
