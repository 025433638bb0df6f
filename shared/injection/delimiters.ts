/** What separates roles in prompts of common models. Data that carries it may be trying to speak as somebody else. */
import { medium, type Rule, weak } from './rule.ts';

export type Delimiter = { readonly rule: Rule; readonly start: number; readonly end: number };

const role = (weight: number, id: string): Rule => ({ id, group: 'delimiter', weight, pattern: '' });
const special = role(medium, 'delimiter.special-token');
const tag = role(medium, 'delimiter.system-tag');
const template = role(weak, 'delimiter.template');
const document: Rule = { id: 'document', group: 'document', weight: 2.5, pattern: '' };
const line = role(weak, 'delimiter.role-line');
const ending = role(medium, 'delimiter.end-of-prompt');

const literals: readonly (readonly [text: string, rule: Rule])[] = [
  ...[
    '<|im_start|>',
    '<|im_end|>',
    '<|system|>',
    '<|user|>',
    '<|assistant|>',
    '<|endoftext|>',
    '<|start_header_id|>',
    '<|eot_id|>',
    '<start_of_turn>',
    '<<sys>>',
    '<</sys>>',
  ].map((text) => [text, special] as const),
  ...[
    '<system>',
    '</system>',
    '[system]',
    '[/system]',
    '[system message]',
    '<system_prompt>',
    '</system_prompt>',
    '<admin>',
    '<important>',
    '[system prompt]',
    '</instructions>',
    '#system',
    '[admin]',
    '<!-- ai',
    '<!-- assistant',
    '<!-- llm',
    '<!-- system',
  ].map((text) => [text, tag] as const),
  ...[
    '[inst]',
    '[/inst]',
    '### instruction',
    '### system',
    '### response',
    '<information>',
    '</user>',
    '</data>',
    '</document>',
    '</context>',
  ].map((text) => [text, template] as const),
  ...['==end', '--end', '== end', '-- end', '##end', '<end>', '[end]', '"""end', '[end of'].map(
    (text) => [text, ending] as const,
  ),
];

/** At most this many of each: the first ones tell as much as all of them. */
const enough = 256;

const roles = [
  'system:',
  'system message:',
  'system prompt:',
  'assistant:',
  'developer:',
  'admin:',
  'system note:',
  'system update:',
  'system override:',
];

/** Begins a line, or a sentence, or what is quoted. */
function opensLine(text: string, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && ' \t*#"\'`>[-'.includes(text.charAt(before)) && at - before < 8) before -= 1;
  return before < 0 || '\n.!?'.includes(text.charAt(before));
}

/** Begins a line, or a cell of a table. */
function opensCell(text: string, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && text.charAt(before) === ' ' && at - before < 8) before -= 1;
  return before < 0 || '\n|'.includes(text.charAt(before));
}

/** What begins lines of mail, tables and reports: an order to whoever answers, in the middle of that, is not the user's. */
const documents = [
  '|',
  'subject:',
  'from:',
  'email_from',
  'received',
  'content:',
  'traceback (most',
  'file "',
  'error:',
  'hi ',
  'dear ',
  'thank you',
  'sent ',
  '<p',
  '<td',
  '<div',
  'unsubscribe',
  'sincerely',
  'best regards',
  'regards',
  '\u00a9',
];

/** Of a text that is normalised. */
export function findDelimiters(text: string): Delimiter[] {
  const found: Delimiter[] = [];
  const search = (literal: string, rule: Rule, accept: (at: number) => boolean) => {
    let count = 0;
    for (let at = text.indexOf(literal); at >= 0 && count < enough; at = text.indexOf(literal, at + literal.length)) {
      count += 1;
      if (accept(at)) found.push({ rule, start: at, end: at + literal.length });
    }
  };
  for (const [literal, rule] of literals) search(literal, rule, () => true);
  for (const literal of documents) search(literal, document, (at) => opensCell(text, at));
  for (const literal of roles) search(literal, line, (at) => opensLine(text, at));
  return found.sort((a, b) => a.start - b.start);
}
