/** "Did you mean": of the names that there are, those that a mistyped one is near to. */

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

const wordsOf = (name: string): string[] => name.split(/[-_]/).filter((word) => word !== "");

/** The nearest first, at most so many, none where nothing is near; the order in which they are given decides between equals. */
export function nearestOf(typed: string, names: readonly string[], most: number): string[] {
  const wanted = typed.trim().toLowerCase();
  // A word that they all have tells none of them.
  const telling = wordsOf(wanted).filter((word) => !names.every((name) => wordsOf(name.toLowerCase()).includes(word)));
  const near = names.flatMap((name) => {
    const written = name.toLowerCase();
    const words = wordsOf(written);
    // A word in common says more than letters that happen to agree.
    const common = telling.filter((word) => words.includes(word)).join("").length;
    const edits = editsBetween(wanted, written);
    const isBegun = wanted.length > 1 && written.startsWith(wanted);
    return common > 0 || isBegun || edits < wanted.length / 3 ? [{ name, distance: edits - common }] : [];
  });
  return near
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, most)
    .map(({ name }) => name);
}
