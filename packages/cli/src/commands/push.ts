import type { Command } from "../command/io.ts";
import { buildImage } from "../images/build.ts";
import { withImages } from "../images/images.ts";
import { pushImage } from "../images/push.ts";

/** `glacier push`: takes the images to where the deployment looks for them; builds what isn't built. */
export const command: Command = (context) =>
  withImages(context, async (engine, compiled, note) => {
    const built = await buildImage(engine, compiled, note);
    const sent = await pushImage(engine, compiled, note);
    const line = sent.sent ? `${sent.pushed} pushed` : `${sent.pushed} is there already`;
    return { result: { ...built, ...sent }, line };
  });
