/** "Did you mean": of the names that there are, those that a mistyped one is nearest to. */

/** How many letters must be changed, added or left out to make one of the other (Levenshtein). */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) next.push(Math.min(row[j]! + (letter === b[j] ? 0 : 1), row[j + 1]! + 1, next[j]! + 1));
    row = next;
  }
  return row[b.length]!;
}

/** A word in common says more than letters that happen to agree. */
function distance(typed: string, name: string): number {
  const words = wordsOf(name);
  const common = wordsOf(typed).filter((word) => words.includes(word));
  return editsBetween(typed.toLowerCase(), name.toLowerCase()) - common.join("").length;
}

const wordsOf = (name: string): string[] => name.toLowerCase().split(/[-_]/);

/** The nearest first, at most so many; the order in which they are given decides between equals. */
export const nearestOf = (typed: string, names: readonly string[], most: number): string[] =>
  names.toSorted((a, b) => distance(typed, a) - distance(typed, b)).slice(0, most);
