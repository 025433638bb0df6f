/**
 * Rules over concepts: what is asked, of whom, with how much between. Upper case is a concept of the lexicon, lower case the word itself,
 * `|` either, `~3` up to three words between, `?` may be missing. Nothing spans the end of a sentence, unless it says `>`.
 * The weight is in logits: the threshold of 0.5 needs more than the detector's bias. Rules of one `group` count once, the heaviest.
 */
export type Rule = {
  readonly id: string;
  readonly group: string;
  readonly weight: number;
  readonly pattern: string;
};

/** What comes after a dot only tells variants of one group apart. */
export const rule = (id: string, weight: number, ...patterns: string[]): Rule[] =>
  patterns.map((pattern) => ({ id, group: id.split('.')[0] ?? id, weight, pattern }));

export const strong = 5.2;
export const medium = 2.7;
/** Two of these alone are no alarm, nor is one beside a medium one: both occur in code that skips rules. */
export const fair = 2.2;
export const weak = 1.3;
export const slight = 0.6;
