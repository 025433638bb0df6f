/** A response is made under the id, and since the time, that its caller was given. */
import type { Prepare } from '../inference/preparation.ts';

export type Promised = { readonly responseId: string; readonly createdAt: number };

export const asPromised =
  (prepare: Prepare, { responseId, createdAt }: Promised): Prepare =>
  async (arriving, unprepared) => {
    const prepared = await prepare({ ...arriving, responseId }, unprepared);
    const { history } = prepared;
    if (!history) return prepared;
    return {
      ...prepared,
      history: {
        ...history,
        keep: ({ response, output }) => history.keep({ output, response: { ...response, created_at: createdAt } }),
      },
    };
  };
