/** Spend limits in the words of the control plane: whole cents a month, kept as micro-dollars. */

const microUsdPerCent = 10_000;

/** As much as is still counted to the micro-dollar. */
export const maxThresholdCents = Math.floor(Number.MAX_SAFE_INTEGER / microUsdPerCent);

export const microUsdOf = ({ threshold_amount }: { readonly threshold_amount: number }): number =>
  threshold_amount * microUsdPerCent;

export const monthlyThreshold = (limitMicroUsd: number) => ({
  currency: 'USD',
  interval: 'month',
  threshold_amount: limitMicroUsd / microUsdPerCent,
});

/** `project.spend_limit` and `organization.spend_limit` of the `openai` package. */
export const spendLimitObject = (of: 'project' | 'organization', limitMicroUsd: number, spentMicroUsd: number) => ({
  object: `${of}.spend_limit`,
  ...monthlyThreshold(limitMicroUsd),
  enforcement: { status: spentMicroUsd >= limitMicroUsd ? 'enforcing' : 'inactive' },
});
