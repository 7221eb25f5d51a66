import type { Artifacts } from "@glacier/core";
import type { Model } from "./model.ts";

/** The zip, and what images are built from: the same in each form. */
export function codeFiles({ code: { zip, images } }: Model): Artifacts {
  return {
    [zip.path]: zip.bytes,
    ...Object.fromEntries(
      images.flatMap(({ name, files }) =>
        Object.entries(files).map(([path, content]) => [`images/${name}/${path}`, content]),
      ),
    ),
  };
}
