/** Chapter 9: routing. Votes that agree are heard. Text: 09-routing.md. */
import { dynamicRouting, length, selfAttentionRouting } from '@capsnet/capsules';
import { createBackend, ones, setBackend, tensor, zeros, type Tensor } from '@capsnet/tensor';
import { arrow, box, colours, label, path, saveFigure, svg } from './figure.js';

await setBackend(await createBackend('reference'));

// Four children (parts) vote for two parents (wholes): a vote is where the whole would be if this part belonged to it. Children 0, 1
// and 2 agree on parent A and scatter over B; child 3 is the other way round: it is alone on A, and long on B.
const votesForA: [number, number][] = [[1.3, 0.6], [0.9, 1.1], [1.4, 1.0], [-0.8, 0.9]]; // prettier-ignore
const votesForB: [number, number][] = [[0.9, -0.4], [-0.7, 0.6], [-0.2, -0.9], [0.4, 1.6]]; // prettier-ignore
const children = 4;

// In a network a vote is u W. With one-dimensional children of length 1 the weights *are* the votes: [children, 1, parents * z].
const u: Tensor = ones([1, children, 1]);
const flat = votesForA.flatMap((vote, child) => [...vote, ...votesForB[child]!]);
const weights: Tensor = tensor(flat, [children, 1, 4]);

const percent = (value: number): string => `${(100 * value).toFixed(0)}%`.padStart(4);
const report = async (
  name: string,
  { capsules, couplings }: { capsules: Tensor; couplings: Tensor },
): Promise<number[]> => {
  // prettier-ignore
  const forA = [...(await couplings.data())].slice(0, children);
  const [a, b] = await length(capsules).data();
  console.log(
    `${name}: children give A ${forA.map(percent).join(' ')}   |A| = ${a!.toFixed(3)}, |B| = ${b!.toFixed(3)}`,
  );
  return forA;
};

// Dynamic routing (2017): each child divides its vote between the parents; where it agrees with the outcome, it gives more next time.
const history: number[][] = [];
for (const iterations of [1, 2, 3, 5, 10])
  history.push(
    await report(
      `${iterations} iterations`.padEnd(13),
      dynamicRouting(u, weights, zeros([2, 2]), iterations),
    ),
  );

// Self-attention routing (2021): the agreement of a vote with the sum of all votes, once. Its weights are [parents, children, 1, z].
const byParent: Tensor = tensor([...votesForA.flat(), ...votesForB.flat()], [2, children, 1, 2]);
const attention = selfAttentionRouting(u, byParent, zeros([2, children, 1]));
const attended = await report('self-attention', attention);

// The agreement of child j with all others, pair by pair as the paper writes it, and with their sum: the same numbers.
const dot = (p: readonly number[], q: readonly number[]): number => p[0]! * q[0]! + p[1]! * q[1]!;
const pairwise = votesForA.map((mine) => votesForA.reduce((total, other) => total + dot(mine, other), 0));
const total = votesForA.reduce(([x, y], vote) => [x + vote[0], y + vote[1]], [0, 0]);
console.log('agreement on A, pair by pair:', pairwise.map((v) => v.toFixed(2)).join(' '));
console.log('agreement on A, with the sum:', votesForA.map((mine) => dot(mine, total).toFixed(2)).join(' '));
// Efficient-CapsNet has 16 children and 10 parents of 16 dimensions; a CapsNet of 2017 has 1152 children.
for (const n of [16, 1152])
  console.log(`${n} children: ${n * n * 160} products in pairs, ${n * 160} with the sum`);

// A single child can move nothing: its own vote is all there is to agree with, whatever it says.
const alone = dynamicRouting(ones([1, 1, 1]), tensor([1, 0, 0, 1], [1, 1, 4]), zeros([2, 2]), 3);
console.log('one child, two equal votes:', [...(await alone.couplings.data())].map(percent).join(' '));

// Figure: the votes, and what the children give A.
const parts: string[] = [];
const fan = (left: number, name: string, votes: readonly (readonly [number, number])[]): void => {
  const centre: [number, number] = [left + 110, 150];
  parts.push(label(centre[0], 24, `votes for ${name}`, 'middle', 14));
  parts.push(path([[left + 10, 150], [left + 210, 150]], '#ddd'), path([[left + 110, 40], [left + 110, 260]], '#ddd')); // prettier-ignore
  votes.forEach(([x, y], child) => {
    const tip: [number, number] = [centre[0] + 65 * x, centre[1] - 65 * y];
    parts.push(
      arrow(centre, tip, colours[child]!, 2),
      label(tip[0] + (x < 0 ? -8 : 8), tip[1] + 4, String(child)),
    );
  });
};
fan(0, 'A', votesForA);
fan(220, 'B', votesForB);
parts.push(label(650, 24, 'share of each child that goes to A', 'middle', 14));
const groups = [...history, attended];
groups.forEach((shares, group) => {
  const left = 480 + 66 * group;
  shares.forEach((share, child) =>
    parts.push(box(left + 13 * child, 250 - 180 * share, 11, 180 * share, colours[child]!)),
  );
  parts.push(label(left + 25, 268, ['1', '2', '3', '5', '10', 'attention'][group]!));
});
parts.push(path([[475, 160], [875, 160]], '#999', 1), label(470, 164, '50%', 'end'), label(650, 288, 'iterations of dynamic routing; last, self-attention')); // prettier-ignore
saveFigure('09-routing.svg', svg(890, 300, ...parts));
