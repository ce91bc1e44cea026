// The difference of two files that are nearly the same, as pieces of the first and bytes of its own. `patched` of
// `src/backends/wasm/embedded.ts` puts the second file together again.

/** Shorter pieces are cheaper as bytes. */
const shortest = 8;

/**
 * Takes, from left to right, the longest piece of `base` that goes on as `wanted` does.
 * @param {Uint8Array} base
 * @param {Uint8Array} wanted
 * @returns {{ steps: number[], literals: Buffer }} triples: bytes of `literals`, position in `base`, bytes from there
 */
export function difference(base, wanted) {
  /** @type {Map<string, number[]>} */
  const positions = new Map();
  const wordAt = (/** @type {Uint8Array} */ bytes, /** @type {number} */ at) =>
    bytes.subarray(at, at + shortest).join();
  for (let at = 0; at + shortest <= base.length; at++) {
    const word = wordAt(base, at);
    const known = positions.get(word);
    if (known) known.push(at);
    else positions.set(word, [at]);
  }
  const matching = (/** @type {number} */ from, /** @type {number} */ at) => {
    let length = 0;
    while (
      at + length < wanted.length &&
      from + length < base.length &&
      base[from + length] === wanted[at + length]
    )
      length++;
    return length;
  };

  const steps = [];
  const literals = [];
  let own = 0;
  let at = 0;
  while (at < wanted.length) {
    let from = 0;
    let length = 0;
    for (const candidate of positions.get(wordAt(wanted, at)) ?? []) {
      const count = matching(candidate, at);
      if (count > length) [from, length] = [candidate, count];
    }
    if (length >= shortest) {
      steps.push(own, from, length);
      own = 0;
      at += length;
    } else {
      literals.push(wanted[at++] ?? 0);
      own++;
    }
  }
  if (own > 0) steps.push(own, 0, 0);
  return { steps, literals: Buffer.from(literals) };
}
