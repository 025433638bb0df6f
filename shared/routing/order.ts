/**
 * In which order a model's targets are asked. Groups come one after the other, as
 * `sluice.json` lists them; within a group the load is shared by weight.
 */
import { createHash } from 'node:crypto';
import type { Place } from '../catalogue/resolved-config.ts';

type Placed = Place & { readonly model: string };

/**
 * The same seed has the same order as long as the targets and their weights stay,
 * so the turns of a conversation go to one provider, where its prompt is cached:
 * https://github.com/agentgateway/agentgateway/issues/2572. A provider that is
 * added or removed moves its own share and no other.
 */
export function inOrder<Target extends Placed>(targets: readonly Target[], seed: () => string): readonly Target[] {
  const groups = Map.groupBy(targets, (target) => target.share?.group ?? target);
  return [...groups.values()].flatMap((members) => (members.length > 1 ? byWeight(members, seed()) : members));
}

/** Weighted rendezvous hashing: https://en.wikipedia.org/wiki/Rendezvous_hashing#Weighted_rendezvous_hash */
const byWeight = <Target extends Placed>(members: readonly Target[], seed: string): Target[] =>
  members
    .map((target) => ({ target, score: -Math.log(drawn(seed, target)) / (target.share?.weight ?? 1) }))
    .sort((a, b) => a.score - b.score)
    .map(({ target }) => target);

/** In (0, 1), evenly. */
const drawn = (seed: string, { provider, model }: Placed): number =>
  (createHash('sha256')
    .update(JSON.stringify([seed, provider, model]))
    .digest()
    .readUInt32BE(0) +
    0.5) /
  2 ** 32;

type Body = Readonly<Record<string, unknown>>;

/**
 * What the turns of one conversation have in common: what the caller says they
 * share, or else all up to its first question.
 */
export function conversationSeed(projectId: string, body: Body): string {
  const { prompt_cache_key: named, messages, input, instructions } = body;
  if (typeof named === 'string') return JSON.stringify([projectId, named]);
  if (Array.isArray(messages)) return JSON.stringify([projectId, upToQuestion(messages)]);
  if (!Array.isArray(input)) return JSON.stringify([projectId, instructions, input]);
  return JSON.stringify([projectId, instructions, ...upToQuestion(input).map(plainItem)]);
}

const upToQuestion = (turns: readonly (Body | null)[]): readonly unknown[] =>
  turns.slice(0, turns.findIndex((turn) => turn?.['role'] === 'user') + 1);

/** As a first turn says it that is a text: its later ones, which have a history, say the same as an item. */
function plainItem(item: unknown): unknown {
  const { role, content } = (item ?? {}) as Body;
  const [part, ...others] = Array.isArray(content) ? (content as readonly Body[]) : [];
  const text = part && others.length === 0 ? part['text'] : content;
  return role === 'user' && typeof text === 'string' ? text : item;
}
