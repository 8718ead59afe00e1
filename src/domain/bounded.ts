/**
 * How much of what others wrote is kept. A text or list of foreign length is cut with a mark that says how long it was and a digest that
 * tells it from others; healing goes on. What is needed to decide (the baseline, an open incident) is never cut by this: it lies packed
 * in its row (storage/rows.ts), and what of it grows without end is bounded where it grows.
 */

/** Longer than any name, id or sentence that Azure gives out. */
export const LONGEST_TEXT = 8_000;
/** An event's id, an operation's name: what a message is told apart by. */
export const LONGEST_LABEL = 1_000;

export type Digest = (text: string) => string;

/** Never between the halves of a letter. */
const head = (text: string, length: number): string =>
  text
    .slice(0, length)
    .toWellFormed()
    .replace(/\ufffd$/, "");

/** As it is, or its beginning with what was left off: `... [cut: 40000 characters, sha256 0f3a...]`. The same text gives the same. */
export function cutText(text: string, longest: number, digest: Digest): string {
  if (text.length <= longest) return text;
  return `${head(text, longest)} [cut: ${text.length} characters, sha256 ${digest(text)}]`;
}

/** Deeper than anything that is read on purpose. */
const DEEPEST = 64;

type Limits = { text: number; items: number };

/** The same value with every text cut, and of every list (or object) the first items with a mark for the rest. */
function cutBy(value: unknown, limits: Limits, digest: Digest, depth = 0): unknown {
  if (typeof value === "string") return cutText(value, limits.text, digest);
  if (typeof value !== "object" || value === null) return value;
  if (depth === DEEPEST) return cutText(JSON.stringify(value), 0, digest);
  const rest = (all: readonly unknown[]): string => `[cut: ${all.length} items, sha256 ${digest(JSON.stringify(all))}]`;
  if (Array.isArray(value)) {
    const kept = value.slice(0, limits.items).map((item) => cutBy(item, limits, digest, depth + 1));
    return value.length > limits.items ? [...kept, rest(value)] : kept;
  }
  const members = Object.entries(value);
  const kept = members
    .slice(0, limits.items)
    .map(([name, member]) => [cutText(name, limits.text, digest), cutBy(member, limits, digest, depth + 1)] as const);
  return Object.fromEntries(members.length > limits.items ? [...kept, ["[cut]", rest(members)]] : kept);
}

/** Plain JSON that is at most `longest` characters long: as it is where it fits; else texts are cut first, then lists, shorter and shorter. */
export function fit(value: unknown, longest: number, digest: Digest): unknown {
  if (JSON.stringify(value).length <= longest) return value;
  for (let limits: Limits = { text: LONGEST_TEXT, items: Infinity }; ; limits = tighter(limits)) {
    const cut = cutBy(value, limits, digest);
    if (JSON.stringify(cut).length <= longest) return cut;
    // Nested beyond use: what is left of it is its digest.
    if (limits.items <= 1) return cutText(JSON.stringify(value), 0, digest);
  }
}

const tighter = ({ items }: Limits): Limits => ({ text: LONGEST_LABEL, items: items === Infinity ? 1024 : Math.floor(items / 4) });
