import type { Artifacts } from "@glacier/core";
import type { Model } from "./model.ts";

/** The zip, and what images are built from: the same in each form, but for where the zip is. */
export function codeFiles({ code: { zip, images } }: Model, zipPath: string): Artifacts {
  return {
    [zipPath]: zip.bytes,
    ...Object.fromEntries(
      images.flatMap(({ name, files }) =>
        Object.entries(files).map(([path, content]) => [`images/${name}/${path}`, content]),
      ),
    ),
  };
}
