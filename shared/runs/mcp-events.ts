/**
 * The events of one answer in which the gateway's tools are called, as events of a server's tools: what is called comes
 * as the model says it, and what it has brought when that is known.
 */
import type { Tool } from '../tools/tool.ts';
import { isObject, type Json } from './dialect.ts';
import { callShown, isOwnCall } from './responses-dialect.ts';
import { shownId } from './shown-output.ts';

export type ToldAsServers = {
  /** What the caller is told in place of an event. */
  readonly told: (event: Json) => readonly Json[];
  /** Once the tools have been run: the ends of those items that were held back. */
  readonly ended: (items: readonly Json[], shown: readonly Json[]) => readonly Json[];
};

/** `offset`: how many items of output there are before those of this answer. */
export function toldAsServers(tools: ReadonlyMap<string, Tool>, stepId: string, offset: number): ToldAsServers {
  /** By their places: some providers give an item another id in each event, or none. */
  const shownIds = new Map<unknown, string>();

  const placed = (event: Json): Json => ({
    ...event,
    ...(typeof event['output_index'] === 'number' && { output_index: event['output_index'] + offset }),
  });

  function added(event: Json, item: Json): readonly Json[] {
    const id = shownId(item, stepId);
    shownIds.set(event['output_index'], id);
    return [
      { ...event, item: callShown(item, id) },
      { type: 'response.mcp_call.in_progress', item_id: id, output_index: event['output_index'] },
    ];
  }

  return {
    told(event) {
      const there = placed(event);
      const { type, item, output_index: place } = there;
      const isOwn = isObject(item) && isOwnCall(item, tools);
      if (type === 'response.output_item.added' && isOwn) return added(there, item);
      if (type === 'response.output_item.done' && isOwn) return [];
      if (type === 'response.output_item.added') shownIds.delete(place);
      const id = shownIds.get(place);
      if (id === undefined || !String(type).startsWith('response.function_call_arguments')) return [there];
      const name = String(type).replace('response.function_call_arguments', 'response.mcp_call_arguments');
      const { name: _, ...more } = there;
      return [{ ...more, type: name, item_id: id }];
    },

    ended: (items, shown) =>
      items.flatMap((item, index) => {
        const there = shown[index];
        if (!there || !isOwnCall(item, tools)) return [];
        const place = { output_index: offset + index };
        const end = there['status'] === 'completed' ? 'completed' : 'failed';
        return [
          { type: `response.mcp_call.${end}`, item_id: there['id'], ...place },
          { type: 'response.output_item.done', ...place, item: there },
        ];
      }),
  };
}
