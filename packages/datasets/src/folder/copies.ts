/** Files that hold the same picture byte for byte: they contradict each other, or carry test images into the training. */
import { namesOf, type ListedImage } from './layout.js';

export interface Copies {
  /** Numbers of images that are equal, two or more each. */
  readonly groups: readonly (readonly number[])[];
  /** Numbers below `count` (training) that equal an image from `count` on (testing). */
  trainCopiesOfTest(count: number): Set<number>;
}

/** Groups of equal marks. */
export function copiesOf(hashes: readonly string[]): Copies {
  const byHash = new Map<string, number[]>();
  hashes.forEach((hash, index) => byHash.set(hash, [...(byHash.get(hash) ?? []), index]));
  const groups = [...byHash.values()].filter(({ length }) => length > 1);
  return {
    groups,
    trainCopiesOfTest: (count) =>
      new Set(
        groups
          .filter((group) => group.some((index) => index >= count))
          .flatMap((group) => group.filter((index) => index < count)),
      ),
  };
}

/** What is said of copies: the contradictions and leaks by name, the harmless ones by number. */
export function toldCopies(
  copies: Copies,
  listed: readonly ListedImage[],
  trainCount: number,
  splitByFolder: boolean,
): string[] {
  const labelsOf = (index: number): string => listed[index]!.labels.join(';');
  const pair = (group: readonly number[], second: (index: number) => boolean): string =>
    `${listed[group[0]!]!.name} = ${listed[group.find(second) ?? group[1]!]!.name}`;
  const contradicting = copies.groups.filter((group) =>
    group.some((index) => labelsOf(index) !== labelsOf(group[0]!)),
  );
  const leaking = copies.groups.filter((group) => group[0]! < trainCount && group.at(-1)! >= trainCount);
  const surplus = copies.groups.reduce((sum, { length }) => sum + length - 1, 0);
  const told: string[] = [];
  if (contradicting.length > 0)
    told.push(
      `Warning: ${contradicting.length} ${contradicting.length === 1 ? 'picture stands' : 'pictures stand'} under different labels: ${namesOf(contradicting.map((group) => pair(group, (index) => labelsOf(index) !== labelsOf(group[0]!))))}.`,
    );
  if (leaking.length > 0)
    told.push(
      splitByFolder
        ? `Warning: ${leaking.length} ${leaking.length === 1 ? 'picture is' : 'pictures are'} both for training and for testing, so the test is too kind: ${namesOf(leaking.map((group) => pair(group, (index) => index >= trainCount)))}.`
        : `${leaking.length} pictures that stand in the folder more than once were drawn for testing; their copies are left out of the training.`,
    );
  if (surplus > 0 && told.length === 0)
    told.push(
      `${surplus} ${surplus === 1 ? 'file is a copy' : 'files are copies'} of another one: ${namesOf(copies.groups.map((group) => pair(group, () => false)))}.`,
    );
  return told;
}
