/**
 * Of what stays when its stack is deleted, since it has data: but not when the stack's first deployment fails, which would
 * keep the next one from making it. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
 */
export const kept = { DeletionPolicy: "RetainExceptOnCreate", UpdateReplacePolicy: "Retain" } as const;
