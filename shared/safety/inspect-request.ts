/** What the guardrails in this process make of a request, before anybody else sees it. docs/adr/0054 */
import type { ModerationInput } from '../moderation/moderator.ts';
import { createRedactor, type Redactor } from '../redaction/redactor.ts';
import type { CallKind } from '../usage/call-kind.ts';
import type { SafetyFinding } from './finding.ts';
import { type InjectionDetector, type InjectionInspection, inspectInjection } from './inspect-injection.ts';
import { inspectRedaction } from './inspect-redaction.ts';
import type { SafetyPolicy } from './policy.ts';
import { contentOf } from './request-content.ts';
import type { Body, RequestContent, RequestText } from './request-text.ts';
import { withTexts } from './with-texts.ts';

export type InspectedRequest<Sent extends Body = Body> = {
  /** What is to be sent: sanitised and redacted. Never longer than it was. */
  readonly body: Sent;
  readonly findings: readonly SafetyFinding[];
  readonly refusedFor: 'prompt_injection' | null;
  /** All texts, as they will be sent. */
  readonly toModerate: ModerationInput;
  /** Parameters that no guardrail can read. */
  readonly unreadable: readonly string[];
  /** To restore in the answer what was replaced. Null where nothing was. */
  readonly redactor: Redactor | null;
};

const nothingToModerate: ModerationInput = { texts: [], images: [] };
const longestExcerpt = 8_192;

function injectionFinding(
  { found, isRefused }: InjectionInspection,
  { injection, redaction }: SafetyPolicy,
): SafetyFinding | null {
  if (found === null) return null;
  const sanitized = injection.mode === 'sanitize' ? 'sanitized' : 'flagged';
  return {
    guardrail: 'injection',
    stage: 'input',
    action: isRefused ? 'blocked' : sanitized,
    categories: ['prompt_injection'],
    scores: { prompt_injection: found.score },
    // Kept, where the policy says so: without what nobody is to see.
    text: createRedactor(redaction.input).redact(found.text),
  };
}

const wordEnd = /[\p{L}\p{N}]/u;

/** Do two parts of a message cut a word in two? */
const goesOn = (one: RequestText, other: RequestText): boolean =>
  one.path.at(-1) === 'text' &&
  other.path.at(-1) === 'text' &&
  wordEnd.test(one.text.at(-1) ?? '') &&
  wordEnd.test(other.text.at(0) ?? '');

/** What is moderated together, such as the parts of a message, is one text. */
function togetherByGroup(texts: readonly RequestText[], textNow: (text: RequestText) => string): readonly string[] {
  const groups = new Map<number, { readonly said: string[]; last: RequestText }>();
  for (const text of texts) {
    const group = groups.get(text.group) ?? { said: [], last: text };
    groups.set(text.group, group);
    if (group.said.length > 0 && !goesOn(group.last, text)) group.said.push('\n');
    group.said.push(textNow(text));
    group.last = text;
  }
  return [...groups.values()].map(({ said }) => said.join('')).filter((text) => text.trim() !== '');
}

/** Who asks for moderation wants to know of attacks, too. */
export const looksForInjection = (kind: CallKind, { injection }: SafetyPolicy): boolean =>
  kind !== 'moderations' && injection.mode !== 'off';

const noInjection: InjectionInspection = { found: null, edits: new Map(), isRefused: false };

/** Throws the caller's error where something can be neither inspected nor redacted. `detector`: where injections are looked for. */
export function inspectRequest<Sent extends Body>(
  kind: CallKind,
  body: Sent,
  policy: SafetyPolicy,
  detector: InjectionDetector | null,
): InspectedRequest<Sent> {
  const content = contentOf(kind, body);
  const { unreadable } = content;
  const isModeration = kind === 'moderations';
  const injection = detector ? inspectInjection(content, policy.injection, detector) : noInjection;
  const finding = injectionFinding(injection, policy);
  const findings = finding ? [finding] : [];
  if (injection.isRefused) {
    const refusedFor = 'prompt_injection';
    return { body, findings, refusedFor, toModerate: nothingToModerate, unreadable, redactor: null };
  }
  const sent = sentOf(content, injection.edits, policy);
  return {
    body: withTexts(body, sent.edits),
    findings: [...findings, ...sent.findings],
    refusedFor: null,
    toModerate: isModeration
      ? nothingToModerate
      : { texts: togetherByGroup(content.texts, (text) => sent.edits.get(text) ?? text.text), images: content.images },
    unreadable,
    redactor: sent.redactor,
  };
}

type Sent = {
  readonly edits: ReadonlyMap<RequestText, string>;
  readonly findings: readonly SafetyFinding[];
  readonly redactor: Redactor | null;
};

function sentOf(content: RequestContent, cleaned: ReadonlyMap<RequestText, string>, { redaction }: SafetyPolicy): Sent {
  if (redaction.input.length === 0) return { edits: cleaned, findings: [], redactor: null };
  const { edits, kinds, redactor } = inspectRedaction(
    content,
    (text) => cleaned.get(text) ?? text.text,
    redaction.input,
  );
  if (edits.size === 0) return { edits: cleaned, findings: [], redactor: null };
  const [text = ''] = edits.values();
  const finding: SafetyFinding = {
    guardrail: 'redaction',
    stage: 'input',
    action: 'redacted',
    categories: [...kinds],
    scores: {},
    text: text.slice(0, longestExcerpt).toWellFormed(),
  };
  return { edits: new Map([...cleaned, ...edits]), findings: [finding], redactor };
}
