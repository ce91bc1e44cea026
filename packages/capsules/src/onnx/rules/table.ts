/** How every operation of the engine is said in ONNX. A record over `OpName`: an operation without a row does not compile. */
import { TensorError, type OpName } from '@capsnet/tensor';
import type { Rule } from '../rule.js';
import * as capsule from './capsule.js';
import * as elementwise from './elementwise.js';
import * as movement from './movement.js';
import * as reductions from './reductions.js';

/** An operation that is not written, and why. */
const refused =
  (why: string): Rule =>
  ({ op }) => {
    throw new TensorError('onnx', `${op} has no form in ONNX: ${why}`);
  };

const ofTraining = refused('it belongs to derivatives. Export the function itself, not its gradient.');
const given = refused('its value is given, not computed. This is a fault of the exporter: please report it.');

export const rules: Readonly<Record<OpName, Rule>> = {
  ...elementwise,
  ...movement,
  ...reductions,
  ...capsule,
  data: given,
  input: given,
  squashGradient: ofTraining,
  conv2dInputGradient: ofTraining,
  conv2dFilterGradient: ofTraining,
  scatterAdd: ofTraining,
  custom: refused(
    'operators of users are not standard, and no runtime would know it. Compose it of the functions of the library for the export.',
  ),
};
