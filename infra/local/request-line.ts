/** What `npm start` prints of a request: one line of names, ids and numbers, and nothing that anybody has said (I6). Pure. */
import { styleText } from 'node:util';
import type { EndedRequest } from './ended-request.ts';

export type LineStyle = { readonly colours: boolean };

type Colour = Exclude<Parameters<typeof styleText>[0], readonly unknown[]>;

const widths = { method: 6, path: 34, model: 20, milliseconds: 10, tokens: 19, dollars: 12 } as const;

/** Names are the configuration's, and a terminal obeys what is not printable. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e…]/g, '?');

/** The beginning of a name tells most; of a path it is the end. */
const cutEnd = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);
const cutStart = (text: string, width: number): string => (text.length > width ? `…${text.slice(1 - width)}` : text);

const twoDigits = (number: number): string => String(number).padStart(2, '0');

/** The local time of day. */
function clockTime(ms: number): string {
  const at = new Date(ms);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits).join(':');
}

const colourOf = (status: number): Colour => (status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green');

const tokensOf = ({ inputTokens, outputTokens }: EndedRequest['record']['report']): string =>
  inputTokens === undefined && outputTokens === undefined ? '' : `${inputTokens ?? 0} in ${outputTokens ?? 0} out`;

/** Prices are in millionths of a dollar, and so are calls: fewer digits would make most of them nothing. */
const dollarsOf = (microUsd: number | undefined): string =>
  microUsd === undefined ? '' : `$${(microUsd / 1_000_000).toFixed(6)}`;

/** What is worth a word where it is so. */
function remarks({ record: { report, outcome }, origin }: EndedRequest): readonly string[] {
  const { provider, attempts = 1, cache, safety, callerLeft } = report;
  return [
    provider,
    attempts > 1 && `${attempts} attempts`,
    cache !== undefined && cache !== 'bypass' && `cache ${cache}`,
    safety !== undefined && safety !== 'safe' && `safety ${safety}`,
    callerLeft && 'caller left',
    origin !== 'caller' && origin !== 'gateway' && `(${origin})`,
    outcome !== 'ok' && outcome,
  ].filter((remark): remark is string => typeof remark === 'string');
}

/** Without the end of the line. */
export function requestLine(ended: EndedRequest, { colours }: LineStyle): string {
  const { method, path, status, outcome, receivedAtMs, latencyMs, report } = ended.record;
  const paint = (colour: Colour, text: string): string =>
    colours && text !== '' ? styleText(colour, text, { validateStream: false }) : text;
  // One that a function has served stands below the stage.
  const whole = ended.origin === 'gateway' ? path : `/v1${path}`;
  const failed = outcome !== 'ok';
  const said = remarks(ended).map((remark) => cutEnd(printable(remark), 40));
  const columns = [
    paint('dim', clockTime(receivedAtMs + latencyMs)),
    cutEnd(printable(method), widths.method).padEnd(widths.method),
    cutStart(printable(whole), widths.path).padEnd(widths.path),
    cutEnd(printable(report.model ?? ''), widths.model).padEnd(widths.model),
    // A stream that broke off was a 200 when it began.
    paint(failed && status < 400 ? 'red' : colourOf(status), String(status)),
    `${Math.round(latencyMs)} ms`.padStart(widths.milliseconds),
    tokensOf(report).padStart(widths.tokens),
    dollarsOf(report.costMicroUsd).padStart(widths.dollars),
    said.slice(0, failed ? -1 : undefined).join(' '),
    paint(colourOf(Math.max(status, 400)), failed ? (said.at(-1) ?? '') : ''),
  ];
  return columns
    .filter((text, index) => index < 8 || text !== '')
    .join(' ')
    .trimEnd();
}
