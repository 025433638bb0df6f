/** What a gateway holds of a file that is larger than it may ever hold. */
import { batchScene, ended, inputOf, type Scene } from './scene.ts';

export type Sized = { readonly fileMiB: number; readonly lines: number; readonly highestMiB: number };

/** The most that one gateway held, in MiB, while it took in and worked on one file after the other, with lines of the same size. */
export type Large = readonly Sized[];

const mib = 1_048_576;
const paddingBytes = 64 * 1024;

async function highest(scene: Scene, work: () => Promise<unknown>): Promise<number> {
  let most = 0;
  const look = () => {
    most = Math.max(most, ...scene.gateways.residentMiB());
  };
  const looking = setInterval(look, 100);
  try {
    await work();
  } finally {
    clearInterval(looking);
  }
  return most;
}

/** By parts that do not pass through a function. */
async function uploaded({ client }: Scene, input: Buffer): Promise<string> {
  const upload = await client.uploads.create({
    bytes: input.length,
    filename: 'large.jsonl',
    mime_type: 'application/jsonl',
    purpose: 'batch',
  });
  const part_ids: string[] = [];
  for (let start = 0; start < input.length; start += 32 * mib) {
    const piece = input.subarray(start, start + 32 * mib);
    const body = { bytes: piece.length };
    const part = await client.post<{ id: string; upload_url: string }>(`/uploads/${upload.id}/parts`, { body });
    const answer = await fetch(part.upload_url, { method: 'PUT', body: new Uint8Array(piece) });
    if (!answer.ok) throw new Error(`A part was answered with ${answer.status}`);
    part_ids.push(part.id);
  }
  const { file } = await client.uploads.complete(upload.id, { part_ids });
  return file?.id ?? '';
}

async function sized(scene: Scene, fileMiB: number): Promise<Sized> {
  const lines = Math.floor((fileMiB * mib) / (paddingBytes + 200));
  const input = Buffer.from(inputOf(lines, ' x'.repeat(paddingBytes / 2)));
  const highestMiB = await highest(scene, async () => {
    const input_file_id = await uploaded(scene, input);
    const endpoint = '/v1/chat/completions';
    const { id } = await scene.client.batches.create({ input_file_id, endpoint, completion_window: '24h' });
    const batch = await ended(scene.client, id);
    if (batch.request_counts?.completed !== lines) throw new Error(`The batch has ended as ${JSON.stringify(batch)}`);
  });
  return { fileMiB: input.length / mib, lines, highestMiB };
}

export async function large(folder: string, fileMiBs: readonly number[]): Promise<Large> {
  const scene = await batchScene({ folder, gateways: 1 });
  try {
    const all: Sized[] = [];
    for (const fileMiB of fileMiBs) all.push(await sized(scene, fileMiB));
    return all;
  } finally {
    await scene.stop();
  }
}
