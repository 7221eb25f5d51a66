import type { Json } from "@glacier/core";
import type { Repository } from "./model.ts";

/** What happens to images by themselves. https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html */
export function imageRules({ images }: Repository): { readonly [key: string]: Json } {
  const rule = (rulePriority: number, description: string, selection: { readonly [key: string]: Json }): Json => ({
    rulePriority,
    description,
    selection,
    action: { type: "expire" },
  });
  return {
    rules: [
      rule(1, "Of pushes that ended halfway", {
        tagStatus: "untagged",
        countType: "sinceImagePushed",
        countUnit: "days",
        countNumber: 7,
      }),
      rule(2, "Of old deployments", { tagStatus: "any", countType: "imageCountMoreThan", countNumber: images }),
    ],
  };
}
