/**
 * `toys`: a data set of smallNORB's kind that needs no download. Five categories of ten instances, seen by two cameras from 9 elevations (30 to 70
 * degrees) and 18 azimuths under 6 lightings; training and test images show different instances, the same ones as in smallNORB.
 */
import { draws, foldIn, permutation, randomKey } from '../random.js';
import { norbNames } from '../values/classNames.js';
import { imageDataset, type ImageDataset, type Split } from '../values/dataset.js';
import { toyMesh } from './models.js';
import { renderer, type Lighting } from './render.js';

/** The instances of a split (LeCun, Huang, Bottou 2004). */
export const toyInstances: Readonly<Record<Split, readonly number[]>> = {
  train: [4, 6, 7, 8, 9],
  test: [0, 1, 2, 3, 5],
};

const lightings: readonly Lighting[] = [
  {
    lamp: [0.6, 0.5, 1.2],
    strength: 0.6,
    fill: [0.3, -1, 0.4],
    fillStrength: 0.15,
    ambient: 0.3,
    ground: 0.62,
  },
  {
    lamp: [0.6, -0.6, 1.1],
    strength: 0.6,
    fill: [0.4, 1, 0.3],
    fillStrength: 0.15,
    ambient: 0.3,
    ground: 0.6,
  },
  {
    lamp: [0.9, 0.1, 1.3],
    strength: 0.75,
    fill: [-1, 0.2, 0.5],
    fillStrength: 0.1,
    ambient: 0.2,
    ground: 0.55,
  },
  {
    lamp: [-0.6, 0.4, 1.4],
    strength: 0.55,
    fill: [1, -0.3, 0.3],
    fillStrength: 0.3,
    ambient: 0.25,
    ground: 0.66,
  },
  {
    lamp: [0.1, 0.1, 1.5],
    strength: 0.45,
    fill: [1, 0, 0.2],
    fillStrength: 0.25,
    ambient: 0.4,
    ground: 0.75,
  },
  {
    lamp: [0.4, 1.0, 0.9],
    strength: 0.7,
    fill: [1, -0.4, 0.6],
    fillStrength: 0.08,
    ambient: 0.14,
    ground: 0.42,
  },
];

const side = 96;
const cameras = 2;
const elevations = 9;
const azimuths = 18;
const categories = norbNames.length;
const viewsOfInstance = elevations * azimuths * lightings.length;
/** Half the angle between the cameras: a toy of 10 cm at 40 cm, cameras 5 cm apart. */
const stereo = 0.06;

/** Which generated toys. */
export interface ToysOptions {
  readonly split: Split;
  /** Default and at most 24,300, each combination of factors once. */
  readonly count?: number;
  /** Default 0. Decides what the instances look like and the order of the views. */
  readonly seed?: number;
}

/** All combinations: 5 categories x 5 instances x 9 elevations x 18 azimuths x 6 lightings. */
export const toysCount = categories * 5 * viewsOfInstance;

/**
 * Renders a split: 96 x 96 x 2 bytes an image, with the factors of smallNORB (azimuth in its unit: even numbers, 10 degrees each).
 * Image i is of category i modulo 5; the combinations come in a seeded order, so every prefix is balanced.
 * @throws RangeError unless 1 <= count <= 24,300
 */
export function toys({ split, count = toysCount, seed = 0 }: ToysOptions): ImageDataset {
  if (!Number.isInteger(count) || count < 1 || count > toysCount) {
    throw new RangeError(
      `toys: ${count} images of a split that has ${toysCount}. Ask for a whole number from 1 to that.`,
    );
  }
  const key = randomKey(seed);
  const splitKey = foldIn(foldIn(key, 1), split === 'train' ? 1 : 2);
  const orders = Array.from({ length: categories }, (_, category) =>
    permutation(foldIn(splitKey, category), toysCount / categories),
  );
  const instanceKey = (category: number, instance: number) =>
    foldIn(foldIn(foldIn(key, 2), category), instance);
  const meshes = Array.from({ length: categories }, (_, category) =>
    toyInstances[split].map((instance) => toyMesh(category, instance, instanceKey(category, instance))),
  );
  const render = renderer(side);
  const pixels = side * side;
  const picture = new Float32Array(pixels);
  const images = new Uint8Array(count * pixels * cameras);
  const labels = new Uint8Array(count);
  const factor = () => new Int32Array(count);
  const factors = { instance: factor(), elevation: factor(), azimuth: factor(), lighting: factor() };

  for (let index = 0; index < count; index++) {
    const category = index % categories;
    let rest = orders[category]![Math.floor(index / categories)]!;
    const take = (choices: number): number => {
      const choice = rest % choices;
      rest = Math.floor(rest / choices);
      return choice;
    };
    const [lighting, azimuth, elevation, which] = [
      take(lightings.length),
      take(azimuths),
      take(elevations),
      take(5),
    ];
    const draw = draws(foldIn(foldIn(splitKey, 99), index));
    const albedo = 0.85 + 0.1 * draws(instanceKey(category, toyInstances[split][which]!)).uniform(-1, 1);
    for (let eye = 0; eye < cameras; eye++) {
      const view = {
        azimuth: (azimuth * 20 * Math.PI) / 180,
        elevation: ((30 + 5 * elevation) * Math.PI) / 180,
        aside: eye === 0 ? -stereo : stereo,
      };
      render(meshes[category]![which]!, view, lightings[lighting]!, albedo, picture);
      const at = index * pixels * cameras + eye;
      for (let pixel = 0; pixel < pixels; pixel++) {
        // The grain of a camera: uniform, a few grey levels.
        const value = 255 * picture[pixel]! + draw.uniform(-4, 4);
        images[at + cameras * pixel] = value < 0 ? 0 : value > 255 ? 255 : value;
      }
    }
    labels[index] = category;
    factors.instance[index] = toyInstances[split][which]!;
    factors.elevation[index] = elevation;
    factors.azimuth[index] = 2 * azimuth;
    factors.lighting[index] = lighting;
  }
  return imageDataset({
    name: 'toys',
    split,
    shape: [side, side, cameras],
    count,
    images,
    labels,
    classNames: norbNames,
    factors,
  });
}
