/** Does a depthwise convolution of the last map give the primary capsules that a description asks for? */
import { kernelSides } from '../layers/convolution.js';
import {
  DescriptionError,
  mapSides,
  validSide,
  type BackboneDescription,
  type ImageShape,
  type PrimaryDescription,
} from './description.js';

export function checkPrimary({
  input,
  backbone,
  primary,
}: {
  readonly input: ImageShape;
  readonly backbone: BackboneDescription;
  readonly primary: PrimaryDescription;
}): void {
  const [height, width] = mapSides(input, backbone.convolutions);
  const [kernelHeight, kernelWidth] = kernelSides(primary.kernel);
  const channels = backbone.convolutions.at(-1)!.filters;
  const places =
    Math.max(0, validSide(height, kernelHeight, primary.stride)) *
    Math.max(0, validSide(width, kernelWidth, primary.stride));
  if (places * channels !== primary.capsules * primary.dimensions) {
    throw new DescriptionError(
      `the primary filter ${kernelHeight}x${kernelWidth} (stride ${primary.stride}) leaves ${places} place(s) of a ${height}x${width} map of ${channels} channels, ` +
        `${places * channels} numbers, not ${primary.capsules} capsules of ${primary.dimensions}. Give the filter the size of the map, and capsules * dimensions = ${channels}.`,
    );
  }
}
