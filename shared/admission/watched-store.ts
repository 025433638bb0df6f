/** Tells of every time that the table of limits and budgets did not do what it was asked. What it throws goes on as it is. */
import type { AdmissionStore } from './admission-store.ts';

export function watchedStore(store: AdmissionStore, onError: () => void): AdmissionStore {
  const watched = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work;
    } catch (error) {
      onError();
      throw error;
    }
  };

  return {
    admit: (id, update, unsweptSince) => watched(store.admit(id, update, unsweptSince)),
    once: (id, update) => watched(store.once(id, update)),
    leaveIndex: (id, admissions) => watched(store.leaveIndex(id, admissions)),
    get: (id) => watched(store.get(id)),
    async *unswept(before) {
      try {
        yield* store.unswept(before);
      } catch (error) {
        onError();
        throw error;
      }
    },
  };
}
