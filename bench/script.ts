/**
 * What the scripted provider is to answer, as a part of the prompt: the one thing
 * that every gateway hands on as it came.
 */
export type Script = {
  /** Frames with a word of the answer in them. */
  readonly chunks: number;
  /** Milliseconds between two of them; 0 sends each as soon as the one before it is written. */
  readonly spacingMs: number;
};

const pattern = /script: (\d+) chunks every (\d+) ms/;

export const scriptOf = (text: string): Script => {
  const [, chunks = '1', spacingMs = '0'] = pattern.exec(text) ?? [];
  return { chunks: Number(chunks), spacingMs: Number(spacingMs) };
};

/** A prompt of about a kilobyte, as a small application would send it. */
const prompt = 'Summarise the following paragraph in one sentence, and keep the names that occur in it. '.repeat(10);

export const model = 'gpt-4o-mini';

type Asking = {
  readonly model?: string;
  /** Besides the prompt that is everybody's. */
  readonly prompt?: string;
};

export const requestBody = (stream: boolean, { chunks, spacingMs }: Script, asking: Asking = {}): string =>
  JSON.stringify({
    model: asking.model ?? model,
    stream,
    // Asked of every contender, so that all of them relay the same frames.
    ...(stream && { stream_options: { include_usage: true } }),
    max_completion_tokens: 4_096,
    temperature: 0.2,
    messages: [
      { role: 'system', content: `script: ${chunks} chunks every ${spacingMs} ms` },
      { role: 'user', content: prompt + (asking.prompt ?? '') },
    ],
  });
