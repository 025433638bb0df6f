/** A tool to try with: the weather of a place, made up from its name. It knows no weather, and says so. */
import { createHash } from 'node:crypto';
import type { ToolEvent } from '../../../shared/tools/tool-event.ts';

export const weatherTool = {
  name: 'get_weather',
  description: 'Get the current weather of a place. (A sample: what it tells is made up.)',
  parameters: {
    type: 'object',
    properties: {
      location: {
        type: 'string',
        minLength: 1,
        maxLength: 200,
        description: 'The city and country, like "Paris, France".',
      },
      unit: { type: 'string', enum: ['celsius', 'fahrenheit'], description: 'Of the temperature; celsius if absent.' },
    },
    required: ['location'],
    additionalProperties: false,
  },
} as const;

const conditions = ['clear', 'partly cloudy', 'overcast', 'light rain', 'windy'] as const;

const fahrenheit = (celsius: number): number => Math.round(celsius * 1.8 + 32);

/** As Lambda would call it. The same place has the same weather, whoever asks and whenever. */
export async function handler({ data }: Pick<ToolEvent, 'data'>): Promise<object> {
  // They conform to the schema above: the gateway has seen to that.
  const { location, unit = 'celsius' } = data.arguments as { location: string; unit?: 'celsius' | 'fahrenheit' };
  const digest = createHash('sha256').update(location.trim().toLowerCase()).digest();
  const celsius = 5 + ((digest[0] ?? 0) % 25);
  return {
    location,
    temperature: unit === 'celsius' ? celsius : fahrenheit(celsius),
    unit,
    conditions: conditions[(digest[1] ?? 0) % conditions.length],
    note: 'Made-up weather of the sample tool of Sluice.',
  };
}
