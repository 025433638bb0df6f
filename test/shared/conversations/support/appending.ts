/** A process that appends to a conversation, batch after batch, and tells of each that was acknowledged. */
import { dynamoConversationStore } from '../../../../shared/conversations/conversation-store.ts';
import { documentClient } from '../../../../shared/dynamo/client.ts';
import { randomShare, sortableId } from '../../../../shared/ids.ts';
import { waits } from '../../../../shared/pause.ts';

export type Appending = {
  readonly endpoint: string;
  readonly table: string;
  readonly projectId: string;
  readonly conversation: string;
  readonly writer: string;
  /** Of the first batch: one that was killed is sent again, under the same token. */
  readonly from: number;
  readonly batches: number;
};

export type Told = { readonly batch: number; readonly is: 'sent' | 'appended' | 'repeated' };

const { endpoint, table, projectId, conversation, writer, from, batches } = JSON.parse(
  process.argv[2] ?? '{}',
) as Appending;
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const none = { put: async () => {}, get: async () => undefined, delete: async () => {} };
const store = dynamoConversationStore(
  documentClient({ region: 'us-east-1', credentials, dynamodbEndpoint: endpoint }),
  table,
  {
    bodies: none,
    settings: { responseExpireDays: 30 },
    now: () => Date.now(),
    pause: waits.pause,
    random: randomShare,
    newId: (prefix) => sortableId(prefix, Date.now()),
  },
);
const tell = (told: Told) => process.send?.(told);

for (let batch = from; batch < from + batches; batch += 1) {
  const items = [0, 1, 2].map((index) => ({ type: 'message', id: `${writer}_${batch}_${index}`, role: 'user' }));
  const token = {
    token: `${writer} ${batch}`,
    bodyDigest: `${batch}`,
    isRetry: true,
    isKeyed: true,
    receivedAtMs: Date.now(),
    expiresAt: Math.ceil(Date.now() / 1000) + 3_600,
  };
  tell({ batch, is: 'sent' });
  const { kind } = await store.append({ projectId, id: conversation }, { items, token });
  if (kind !== 'appended' && kind !== 'repeated') throw new Error(kind);
  tell({ batch, is: kind });
}
process.disconnect?.();
