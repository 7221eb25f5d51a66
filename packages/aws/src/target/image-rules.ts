import type { Json } from "@glacier/core";

/**
 * What happens to images by themselves. Only what has no tag goes: rules count pushes, and know nothing of which image is
 * deployed. https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
 */
export const imageRules: { readonly [key: string]: Json } = {
  rules: [
    {
      rulePriority: 1,
      description: "Of pushes that ended halfway",
      selection: { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 7 },
      action: { type: "expire" },
    },
  ],
};
