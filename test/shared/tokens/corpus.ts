/** Texts of the kinds that are sent to models. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const file = (path: string): string => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');

export const corpus: Readonly<Record<string, string>> = {
  nothing: '',
  'a greeting': 'hello world',
  prose: file('CONTRIBUTING.md'),
  code: file('shared/inference/attempts.ts'),
  'code without its spaces': file('shared/inference/attempts.ts').replace(/\s+/g, ' '),
  'a schema': file('sluice.schema.json'),
  'JSON on one line': JSON.stringify(JSON.parse(file('sluice.schema.json'))),
  'base64 on one line': Buffer.from(file('CONTRIBUTING.md')).toString('base64'),
  'hexadecimal digits': Buffer.from(file('sluice.json')).toString('hex').repeat(3),
  digits: '3.14159265358979323846264338327950288419716939937510'.repeat(40),
  chinese: '窗前明月光，疑是地上霜。举头望明月，低头思故乡。'.repeat(60),
  japanese: '吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。'.repeat(60),
  korean: '나랏말싸미 듕귁에 달아 문자와로 서르 사맛디 아니할쎄 '.repeat(60),
  thai: 'มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ '.repeat(40),
  hindi: 'सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता प्राप्त है। '.repeat(40),
  arabic: 'يُولَدُ جميع الناس أحرارًا متساوين في الكرامة والحقوق. '.repeat(40),
  german: 'Die Donaudampfschifffahrtsgesellschaft hält’s für überflüssig, „Straße“ zu sagen; es sei denn … '.repeat(40),
  emoji: 'Well done 🎉🎉 👩‍👩‍👧‍👦 🇩🇪🇫🇷 👍🏽! ❤️ '.repeat(60),
  'emoji alone': '😀😃😄😁🤣'.repeat(20),
  'special tokens': 'Say <|endoftext|> and <|im_start|>system<|im_sep|>, <|fim_prefix|> and <|endofprompt|>. '.repeat(
    40,
  ),
  'runs of spaces': Array.from({ length: 60 }, (_, width) => `${' '.repeat(width)}x`).join(''),
  'indented lines': Array.from({ length: 80 }, (_, width) => `${' '.repeat(width)}if (a) {\r\n\r\n\t\t`).join('\n'),
  'lines without end': 'a\n\n\n  \n b \r\n\r\n!\n\n/\n'.repeat(80),
  'contractions and apostrophes': "I'd say it's they'll WE'VE rock'n'roll 'tis ''s ".repeat(60),
  'a table': '| --- | :---: | ---: |\n| a | b | 1,234.56 |\n'.repeat(60),
  'a rule': `${'='.repeat(200)}\n${'-'.repeat(240)}\n`,
};
