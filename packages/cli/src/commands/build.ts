import type { Command } from "../command/io.ts";
import { buildImage } from "../images/build.ts";
import { withImages } from "../images/images.ts";

/** `glacier build`: builds the container images that a compiled pipeline needs. */
export const command: Command = (context) =>
  withImages(context, async (engine, compiled, note) => {
    const result = await buildImage(engine, compiled, note);
    const { image, base, built, checked, platform } = result;
    const unchecked = `; not tried, since this engine runs ${engine.platform} and it is for ${platform}`;
    const line = built ? `${image} built on ${base}${checked ? "" : unchecked}` : `${image} is there already`;
    return { result, line };
  });
