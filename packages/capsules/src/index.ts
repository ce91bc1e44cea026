/**
 * Capsule layers, routing, models and their training.
 *
 * @module @capsnet/capsules
 */
export * from './capsules/squash.js';
export * from './capsules/length.js';
export * from './capsules/mask.js';
export * from './capsules/selfAttentionRouting.js';
export * from './capsules/dynamicRouting.js';
export * from './capsules/primaryCapsules.js';
export * from './capsules/fullyConnectedCaps.js';
export * from './losses/marginLoss.js';
export * from './losses/reconstructionLoss.js';
export * from './losses/fullLoss.js';
export * from './losses/accuracy.js';
export * as layers from './layers/index.js';
export * from './layers/initializers.js';
export * from './layers/parameters.js';
export * from './models/description.js';
export * from './models/checkDescription.js';
export * from './models/model.js';
export * from './models/build.js';
export * from './models/catalogue.js';
export { adaptEfficientCapsNet, type AdaptOptions } from './models/adapt.js';
export * from './models/summary.js';
export { perturb } from './models/head.js';
export { decodeCapsules } from './models/decode.js';
export * from './weights/safetensors.js';
export * from './weights/modelFile.js';
export * from './weights/keras.js';
export * from './weights/recognise.js';
export * from './training/batch.js';
export * from './training/step.js';
export type { Scores, Sums } from './training/totals.js';
export { carryAverage, startAverage, type Average, type Carried } from './training/average.js';
export * from './training/fit.js';
export * from './distributed/communicator.js';
export type { Across, Group } from './distributed/group.js';
export * from './benchmark/hashModel.js';
