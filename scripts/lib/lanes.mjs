// Work side by side.

/**
 * Does all of it, `count` at a time, in the order given.
 * @param {readonly (() => Promise<unknown>)[]} works
 * @param {number} [count]
 */
export async function inLanes(works, count = 2) {
  const queue = [...works];
  const lane = async () => {
    for (let work = queue.shift(); work; work = queue.shift()) await work();
  };
  await Promise.all(Array.from({ length: count }, lane));
}
