/** Moderation by the models of configured providers, of which it remembers in memory what it has been told lately. docs/adr/0053 */
import { createFlights, type Landed, landedWithin } from '../cache/flights.ts';
import type { Catalogue, PricedTarget } from '../catalogue/catalogue.ts';
import { isFree } from '../catalogue/price.ts';
import { asGatewayError, type ErrorCause, upstreamTimeouts } from '../errors.ts';
import { boundedCache } from '../keys/bounded-cache.ts';
import type { CountEvent } from '../observability/metrics.ts';
import { startDeadline } from '../providers/deadline.ts';
import { moderationModel } from '../safety/categories.ts';
import { type AskDeps, type Asking, askTargets, slowMs, type Unavailable, unavailable } from './ask-targets.ts';
import type {
  ModerationInput,
  ModerationQuestion,
  ModerationResult,
  ModerationScores,
  Moderator,
} from './moderator.ts';
import { callsFor, type Piece, piecesOf } from './pieces.ts';
import { worst } from './scores.ts';

export type ModeratorDeps = AskDeps & { readonly catalogue: Catalogue; readonly countEvent: CountEvent };

/** Long enough for the turns of a conversation, each of which sends all those before it. */
export const rememberedMs = 300_000;
/** About 4 MB. */
const maxRemembered = 10_000;

/** A batch of 2,048 embeddings is 64 calls, and is to be through within a policy's usual 3 seconds. */
export const maxCallsAtOnce = 8;
/** More than the texts of a body of 6 MB need. Of images it is the most. */
export const maxCalls = 128;

const tooMuch = 'too much to check';
const tooLate = unavailable('upstream_timeout');

type Learn = (key: string, scores: ModerationScores) => void;
type Found = ReadonlyMap<string, ModerationScores>;

export function createModerator(deps: ModeratorDeps): Moderator {
  const { log, countEvent, now, catalogue } = deps;
  const remembered = boundedCache<ModerationScores>(maxRemembered, rememberedMs);
  const flights = createFlights<ModerationScores>();

  /** Null once everything is learned, or else what went wrong first: then nobody is asked any more. */
  async function askAbout(pieces: readonly Piece[], asking: Asking, learn: Learn): Promise<Unavailable | null> {
    const calls = callsFor(pieces);
    if (calls.length > maxCalls) return unavailable(tooMuch);
    const over = new AbortController();
    const each = { ...asking, signal: AbortSignal.any([asking.signal, over.signal]) };
    const queue = calls.values();
    let wrong: Unavailable | null = null;
    const oneAfterTheOther = async () => {
      for (const call of queue) {
        if (each.signal.aborted) return;
        const answered = await askTargets(deps, each, call);
        if (answered.kind === 'unavailable') {
          wrong ??= answered;
          return over.abort();
        }
        for (const [index, { key }] of call.entries()) learn(key, answered.scores[index] ?? {});
      }
    };
    await Promise.all(Array.from({ length: Math.min(maxCallsAtOnce, calls.length) }, oneAfterTheOther));
    return wrong ?? (asking.signal.aborted ? tooLate : null);
  }

  /** By the keys of the pieces. What is remembered is not asked about, nor what another call asks about just now. */
  async function scoresOf(pieces: Iterable<Piece>, asking: Asking): Promise<Found | Unavailable> {
    const found = new Map<string, ModerationScores>();
    const own: Piece[] = [];
    const landings = new Map<string, (scores: Landed<ModerationScores>) => void>();
    const others: { readonly piece: Piece; readonly landed: Promise<Landed<ModerationScores>> }[] = [];
    for (const piece of pieces) {
      const known = remembered.get(piece.key, now());
      if (known) {
        found.set(piece.key, known);
        continue;
      }
      const flight = flights.board(piece.key, now());
      if (!flight.leads) others.push({ piece, landed: flight.landed });
      else {
        own.push(piece);
        landings.set(piece.key, flight.land);
      }
    }
    const learn: Learn = (key, scores) => {
      found.set(key, scores);
      remembered.set(key, scores, now());
      landings.get(key)?.(scores);
    };
    const left: Piece[] = [];
    const fromOthers = others.map(async ({ piece, landed }) => {
      const scores = await landedWithin(landed, asking.byMs - now(), asking.signal);
      if (scores) found.set(piece.key, scores);
      else left.push(piece);
    });
    // Whoever waits for us is let go before we wait for others.
    const byOurselves = askAbout(own, asking, learn).finally(() => {
      for (const land of landings.values()) land(null);
    });
    const [wrong] = await Promise.all([byOurselves, ...fromOthers]);
    return wrong ?? (await askAbout(left, asking, learn)) ?? found;
  }

  async function judged(
    input: ModerationInput,
    question: ModerationQuestion,
    asking: Asking,
  ): Promise<ModerationResult> {
    const pieces = piecesOf(input, question.projectId, moderationModel);
    const each = new Map(pieces.flat().map((piece) => [piece.key, piece]));
    const found = await scoresOf(each.values(), asking);
    if ('kind' in found) return found;
    // Without its scores, a piece would look safe.
    if (found.size < each.size) return unavailable('internal');
    return { kind: 'scored', scores: pieces.map((all) => worst(all.flatMap(({ key }) => found.get(key) ?? []))) };
  }

  function noted(result: Unavailable, { texts, images }: ModerationInput, question: ModerationQuestion): Unavailable {
    const { requestId, projectId, timeoutMs } = question;
    const { why } = result;
    log.warn('moderation unavailable', { requestId, projectId, why, texts: texts.length, images: images.length });
    if (isNews(why, images.length, timeoutMs)) countEvent('ModerationUnavailable');
    return result;
  }

  return {
    async moderate(input, question) {
      const { requestId, signal, timeoutMs } = question;
      const targets = freeTargets(catalogue);
      if ('kind' in targets) return noted(targets, input, question);
      const deadline = startDeadline(signal, { totalMs: timeoutMs });
      const over = Promise.withResolvers<Unavailable>();
      const giveUp = () => over.resolve(tooLate);
      deadline.signal.addEventListener('abort', giveUp, { once: true });
      if (deadline.signal.aborted) giveUp();
      const asking = { targets, requestId, byMs: now() + timeoutMs, signal: deadline.signal };
      const work = judged(input, question, asking).catch((error: unknown) => {
        log.error('moderation failed', { requestId, error });
        return unavailable('internal');
      });
      try {
        const result = await Promise.race([work, over.promise]);
        if (result.kind === 'scored') return result;
        // When nobody wants to know any more, nobody is told either.
        return signal.aborted ? unavailable('caller_left') : noted(result, input, question);
      } finally {
        deadline.giveUp();
      }
    },
  };
}

/** Guardrails ask outside of the ledger, and may do so only because it costs nothing. */
function freeTargets(catalogue: Catalogue): readonly PricedTarget[] | Unavailable {
  try {
    const targets = catalogue.find(moderationModel).targets.filter(({ price }) => isFree(price));
    return targets.length > 0 ? targets : unavailable('the moderation model has a price');
  } catch (thrown) {
    return unavailable(asGatewayError(thrown).why);
  }
}

const notNewsOfImages: readonly string[] = ['invalid_request', ...upstreamTimeouts] satisfies ErrorCause[];

/** For an alarm: not a caller's image that nobody can fetch, nor a request that is too large, nor a policy's short patience. */
const isNews = (why: string, images: number, timeoutMs: number): boolean =>
  why !== tooMuch &&
  !(images > 0 && notNewsOfImages.includes(why)) &&
  !(timeoutMs < slowMs && (upstreamTimeouts as readonly string[]).includes(why));
