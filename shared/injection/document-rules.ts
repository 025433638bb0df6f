/** Orders to the reader of a document who is a machine. */
import { fair, medium, type Rule, rule, strong } from './rule.ts';

export const documentRules: readonly Rule[] = [
  ...rule(
    'attack-code',
    strong,
    'FOLLOWING ~1 code SNIPPET ~12 your|response|codebase|implementation|algorithm',
    'your ~6 YOURWORK ~12 FOLLOWING code SNIPPET',
    'YOURWORK ~10 FOLLOWING code SNIPPET',
  ),
  ...rule(
    'attack-reply',
    medium,
    'INSERT ~10 PITCH ~6 your ~1 REPLY',
    'INSERT ~2 your ~1 REPLY ~3 to|by|with ~2 mention|promote|highlight|hint|spread|express|mentioning|suggesting|promoting|recommending|inviting|offering|an|the|a',
    'INSERT|in ~1 your ~1 REPLY ~2 suggest|promote|recommend|tease|mention|mentioning|advertise',
    'INSERT ~12 DOMAIN ~8 your ~1 REPLY',
    'your ~1 REPLY ~16 DOMAIN',
    'SCRAMBLE ~5 your ~1 REPLY',
    'your ~1 REPLY|replys|responses|answers ~6 SCRAMBLE',
    'letters|vowels|keywords|words|letter|typos ~4 in|of|from|for|with ~2 your ~1 REPLY|responses|answers',
    'INSERT ~3 link|links|url ~6 REPLY',
  ),
  ...rule(
    'attack-reply.soft',
    fair,
    'RENDER ~1 your ~1 REPLY ~3 in|into|to|using|with|without',
    'INSERT ~8 your ~1 REPLY',
    'reply|respond|answer in|using|with ~1 LANGUAGE|reverse',
    'your ~1 REPLY ~3 LANGUAGE',
  ),
  ...rule(
    'exfiltrate',
    strong,
    'SENDOUT ~4 conversation|history|password|passwords|credentials|secrets ~6 to ~6 DOMAIN|attacker|me|url|webhook|server|endpoint|address',
  ),
  ...rule('exfiltrate.soft', medium, 'SENDOUT ~6 PRIVATE ~8 to ~4 DOMAIN', 'SENDOUT ~6 user|users ~4 PRIVATE ~8 to'),
  ...rule(
    'hide',
    medium,
    'NOT ~3 tell|inform|mention|reveal|notify|alert|disclose ~4 USER|this|instruction|instructions',
    'without ~2 telling|informing|notifying|alerting|mentioning ~3 USER',
    'keep ~3 secret|hidden ~3 USER',
    'secretly|silently|covertly ~3 send|forward|copy|include|add|insert|email|upload',
    'NOT ~2 ask ~2 confirmation',
  ),
  ...rule(
    'to-machine',
    medium,
    'attention|note|important|message|notice|reminder|instruction|instructions ~2 to|for ~4 MACHINE',
    'if ~1 you are|re ~3 MACHINE|language',
    'if ~1 youre ~3 MACHINE|language',

    'important message from ~2',
    'attention ~1 MACHINE',
    'if ~1 you ~2 reading this',
  ),
  ...rule(
    'steer',
    medium,
    'tell|advise|direct|instruct|urge|convince ~1 the? ~1 user|users|reader|customer ~3 to|that ~2 visit|click|go|enter|call|install|download|buy|send|provide',
    'when|if ~2 asked ~3 about ~3 this',
  ),
  ...rule(
    'reading',
    medium,
    'MACHINE|assistants ~3 READING ~2 this',
    'before ~2 you ~2 can ~4 solve|complete|answer|proceed',
    'MACHINE ~5 if|when ~1 you ~2 READING',
    'when|while|before|after|if ~2 READING ~3 DOCUMENT',
  ),
];
