/** A streamed answer as API Gateway reads it: status and headers as JSON, eight zero bytes, and from there on the body. */
import type { Answer, Piece } from './runtime-api.ts';

export type HttpAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The body as it arrived. */
  readonly pieces: readonly Piece[];
  readonly failure: string | null;
};

export const integrationResponse = 'application/vnd.awslambda.http-integration-response';

const delimiter = Buffer.alloc(8);

const failureOf = ({ trailers }: Answer): string | null => trailers['lambda-runtime-function-error-type'] ?? null;

/** Null where API Gateway finds no prelude, and answers with an error of its own. */
export function readAnswer(answer: Answer): HttpAnswer | null {
  const bytes = Buffer.concat(answer.pieces.map((piece) => piece.bytes));
  const end = bytes.indexOf(delimiter);
  if (answer.headers['content-type'] !== integrationResponse || end === -1) return null;
  const { statusCode, headers } = JSON.parse(bytes.toString('utf8', 0, end));

  const pieces: Piece[] = [];
  let offset = 0;
  for (const piece of answer.pieces) {
    const from = Math.max(0, end + delimiter.length - offset);
    if (from < piece.bytes.length) pieces.push({ ...piece, bytes: piece.bytes.subarray(from) });
    offset += piece.bytes.length;
  }
  return {
    status: statusCode,
    headers,
    body: bytes.subarray(end + delimiter.length),
    pieces,
    failure: failureOf(answer),
  };
}
