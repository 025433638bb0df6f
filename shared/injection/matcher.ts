/** Finds rules in tokens: for each token, the rules that begin with it, each followed once with bounded gaps and no backtracking. */
import { documentRules } from './document-rules.ts';
import { jailbreakRules } from './jailbreak-rules.ts';
import { english } from './lexicon-english.ts';
import { otherLanguages } from './lexicon-languages.ts';
import type { MentionWords } from './mentions.ts';
import { overrideRules } from './override-rules.ts';
import type { Rule } from './rule.ts';
import type { Tokens } from './tokens.ts';
import { buildVocabulary, type Vocabulary } from './vocabulary.ts';

type Step = {
  readonly words: number;
  readonly gap: number;
  readonly optional: boolean;
  readonly acrossSentences: boolean;
};

type CompiledRule = { readonly rule: Rule; readonly steps: readonly Step[] };

/** As far as a pretext and what it is for may be apart. */
const sentencesAcross = 2;

export type Match = {
  readonly rule: Rule;
  /** Tokens, the last one included. */
  readonly first: number;
  readonly last: number;
};

export type Matcher = {
  readonly vocabulary: Vocabulary;
  readonly match: (tokens: Tokens) => Match[];
  readonly mentions: MentionWords;
  readonly isRotated: (id: number) => boolean;
};

const rules: readonly Rule[] = [...overrideRules, ...jailbreakRules, ...documentRules];

const concepts = new Map(
  Object.entries({ ...english, ...otherLanguages }).map(([name, words]) => [name, words.split(' ').filter(Boolean)]),
);

const wordsOf = (alternatives: string): string[] =>
  alternatives.split('|').flatMap((word) => {
    if (!/^[A-Z_]+$/.test(word)) return [word];
    const known = concepts.get(word);
    if (known === undefined) throw new Error(`no such concept: ${word}`);
    return known;
  });

export function buildMatcher(): Matcher {
  const ids = new Map<string, number>();
  const stepWords: string[][] = [];
  const idOfStep = (alternatives: string): number => {
    const known = ids.get(alternatives);
    if (known !== undefined) return known;
    ids.set(alternatives, stepWords.length);
    stepWords.push(wordsOf(alternatives));
    return stepWords.length - 1;
  };
  const compiled: CompiledRule[] = rules.map((rule) => {
    const steps: Step[] = [];
    let gap = 0;
    let acrossSentences = false;
    for (const part of rule.pattern.split(' ').filter(Boolean)) {
      if (part.startsWith('~')) gap = Number(part.slice(1));
      else if (part === '>') acrossSentences = true;
      else {
        const optional = part.endsWith('?');
        steps.push({ words: idOfStep(optional ? part.slice(0, -1) : part), gap, optional, acrossSentences });
        gap = 0;
        acrossSentences = false;
      }
    }
    return { rule, steps };
  });
  const describer = idOfStep('DESCRIBER');
  const to = idOfStep('to');
  const told = idOfStep('TOLD');
  const negated = idOfStep('NEGATED');
  const meta = idOfStep('META');
  const rotated = idOfStep('ROTATED');
  const vocabulary = buildVocabulary(stepWords);
  const beginning: CompiledRule[][] = Array.from({ length: vocabulary.size }, () => []);
  for (const candidate of compiled)
    for (const id of vocabulary.idsOf(candidate.steps[0]?.words ?? 0)) beginning[id]?.push(candidate);

  const follow = ({ steps }: CompiledRule, tokens: Tokens, start: number): number => {
    let at = start;
    for (let index = 1; index < steps.length; index += 1) {
      const step = steps[index] as Step;
      let found = -1;
      for (let next = at + 1; next <= at + 1 + step.gap && next < tokens.count; next += 1) {
        if ((tokens.sentences[next] ?? 0) - (tokens.sentences[at] ?? 0) > (step.acrossSentences ? sentencesAcross : 0))
          break;
        if (vocabulary.answers(tokens.ids[next] ?? 0, step.words)) {
          found = next;
          break;
        }
      }
      if (found >= 0) at = found;
      else if (!step.optional) return -1;
    }
    return at;
  };

  return {
    vocabulary,
    mentions: {
      isDescriber: (id) => vocabulary.answers(id, describer),
      isTo: (id) => vocabulary.answers(id, to),
      isTold: (id) => vocabulary.answers(id, told),
      isNegation: (id) => vocabulary.answers(id, negated),
      isMeta: (id) => vocabulary.answers(id, meta),
    },
    isRotated: (id) => vocabulary.answers(id, rotated),
    match(tokens) {
      const matches: Match[] = [];
      // Of matches of a rule that end alike the shortest: "override(): check('ignore rules')" begins at the second verb.
      const latest = new Map<CompiledRule, number>();
      for (let at = 0; at < tokens.count; at += 1) {
        const id = tokens.ids[at] ?? 0;
        if (id === 0) continue;
        for (const candidate of beginning[id] ?? []) {
          const last = follow(candidate, tokens, at);
          if (last < 0) continue;
          const before = latest.get(candidate);
          const replaces = before !== undefined && matches[before]?.last === last;
          const index = replaces ? before : matches.length;
          matches[index] = { rule: candidate.rule, first: at, last };
          latest.set(candidate, index);
        }
      }
      return matches;
    },
  };
}
