/** The keys of the table of conversations. One partition is one conversation, or thread, of one tenant (I5). */

/** Whose it is, and which. */
export type Name = { readonly projectId: string; readonly id: string };

export const partitionOf = ({ projectId, id }: Name): string => `${projectId}#${id}`;

export const nameOf = (partition: string): Name => {
  const at = partition.indexOf('#');
  return { projectId: partition.slice(0, at), id: partition.slice(at + 1) };
};

/** Of what holds for all of it. It sorts before the rest. */
export const headPlace = '#';

const digits = 12;
/** Sorts as the number does. */
export const itemPlace = (position: number): string => `i#${String(position).padStart(digits, '0')}`;
export const positionOf = (place: string): number => Number(place.slice(2));

/** That something was appended, for who sends the same again. */
export const tokenPlace = (token: string): string => `t#${token}`;

/** That a body is, or was to be, in the bucket: written before the body is. */
export const bodyPlace = (bodyKey: string): string => `b#${bodyKey}`;
export const bodyKeyAt = (place: string): string | undefined => (place.startsWith('b#') ? place.slice(2) : undefined);
