/**
 * "Did you mean ...?": the known name that is the fewest edits away from what was typed.
 */

/**
 * Edits (insert, delete, replace, swap of neighbours) between two words: the optimal string alignment distance, as in
 * Damerau, "A technique for computer detection and correction of spelling errors", 1964.
 */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, replaced);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** The known name nearest to `word`, unless even that one is unlike it (more than half of the word would change). */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const typed = word.toLowerCase();
  const scored = known
    // What was typed may be the head of a name: `fashion` for `fashion-mnist`.
    .map((name) => ({
      name,
      distance: name.startsWith(typed) && typed.length > 1 ? 0.5 : editDistance(typed, name.toLowerCase()),
    }))
    .sort((one, other) => one.distance - other.distance);
  const best = scored[0];
  return best && best.distance <= Math.max(1, Math.floor(word.length / 2)) ? best.name : undefined;
}

/** ` Did you mean "mnist"?`, or nothing when no name is near. */
export function suggestion(word: string, known: readonly string[]): string {
  const name = nearest(word, known);
  return name === undefined ? '' : ` Did you mean "${name}"?`;
}
