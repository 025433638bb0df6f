/** What moderation looks for: OpenAI's categories, and the few names of other lists that are understood as some of them. */

/** https://platform.openai.com/docs/guides/moderation#content-classifications */
export const moderationCategories = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/instructions',
  'self-harm/intent',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
] as const;
export type ModerationCategory = (typeof moderationCategories)[number];

/** Names that OpenAI does not have, and what they stand for. */
export const categoryAliases = {
  graphic: ['violence/graphic'],
  illegal: ['illicit', 'illicit/violent'],
  harmful: ['harassment/threatening', 'hate/threatening', 'illicit/violent', 'self-harm/instructions'],
} as const satisfies Record<string, readonly ModerationCategory[]>;

export const categoryNames = [
  ...moderationCategories,
  ...(Object.keys(categoryAliases) as (keyof typeof categoryAliases)[]),
] as const;
export type CategoryName = (typeof categoryNames)[number];

/** The model that guardrails ask, by its name in `sluice.json`. https://platform.openai.com/docs/guides/moderation */
export const moderationModel = 'omni-moderation-latest';
