/**
 * Letters that are drawn like Latin ones. NFKD takes care of fullwidth, mathematical and accented letters; these have no decomposition.
 * Words of the lexicon go through the same table, so folding Russian or Greek loses nothing.
 */
const alike: readonly [from: string, to: string][] = [
  ['абвгезикмнорстухьіјѕԁԛԝһӏүґ', 'abвгeзиkmhopctyxbijsdqwhlyг'],
  ['αβγδεζηικνορτυχωϲϳ', 'aбyδezhikvoptuxwcj'],
  ['ɑɡɩıȷʟɴʀʏᴀʙᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢ', 'agiijlnryabcdejkmoptuvwz'],
  ['‘’‚‛“”„‟´`–—−‐‑', `''''""""'\`-----`],
  ['øłđħŧæœßðþ', 'oldhtaosdp'],
];

export const confusables: ReadonlyMap<string, string> = new Map(
  alike.flatMap(([from, to]) => {
    const letters = [...to];
    return [...from].map((letter, index) => [letter, letters[index] ?? letter] as const);
  }),
);
