/** What a chat completion asks for. https://platform.openai.com/docs/api-reference/chat/create */
import { asList, asNumber, type Body, member } from './body-members.ts';
import { type InputParts, type Media, withoutPrice } from './input-bound.ts';

function mediaIn(messages: readonly unknown[]): Media {
  const media: Media = { images: 0, dataBytes: 0, audio: false, unbounded: false };
  for (const part of messages.flatMap((message) => asList(member(message, 'content')))) {
    const type = member(part, 'type');
    if (type === 'input_audio') media.audio = true;
    else if (type === 'image_url') {
      media.images += 1;
      const url = member(member(part, 'image_url'), 'url');
      if (typeof url === 'string' && url.startsWith('data:')) media.dataBytes += url.length;
    } else if (type === 'file') media.unbounded = true;
  }
  return media;
}

export function chatInput(body: Body): InputParts {
  const messages = asList(body['messages']);
  return {
    param: 'messages',
    entries: messages.length,
    tools: asList(body['tools']).length,
    media: mediaIn(messages),
  };
}

export const chatOutput = (body: Body) => ({
  maxima: [asNumber(body['max_completion_tokens']), asNumber(body['max_tokens'])].filter((max) => max !== undefined),
  choices: asNumber(body['n']) ?? 1,
  predicted: body['prediction'] == null ? 0 : Buffer.byteLength(JSON.stringify(body['prediction'])),
});

export function refuseUnpricedChat(body: Body): void {
  if (body['web_search_options'] != null) {
    throw withoutPrice('web_search_options', 'Web searches are not served: they are charged by the search.');
  }
  if (body['audio'] != null || asList(body['modalities']).includes('audio')) {
    throw withoutPrice('modalities', 'Audio is not served: its tokens have prices of their own.');
  }
}

/** The parameter under which the maximum goes to the provider: the caller's own, or the current one. */
export function chatWithMaximum(body: Body, max: number): Body {
  const hasOld = asNumber(body['max_tokens']) !== undefined;
  const hasNew = asNumber(body['max_completion_tokens']) !== undefined;
  return {
    ...body,
    ...(hasOld && { max_tokens: max }),
    ...((hasNew || !hasOld) && { max_completion_tokens: max }),
  };
}
