/** From a description to the model it describes. */
import { baseCapsnet } from './baseCapsnet.js';
import { checkDescription } from './checkDescription.js';
import { cnn } from './cnn.js';
import type { ModelDescription } from './description.js';
import { efficientCapsnet } from './efficientCapsnet.js';
import type { Model } from './model.js';
import { originalCapsnet } from './originalCapsnet.js';

/**
 * Builds the model of a description (which may come from a file).
 *
 * @throws DescriptionError when a field is missing, mistyped, or does not fit the others
 */
export function buildModel(description: ModelDescription): Model {
  const checked = checkDescription(description);
  switch (checked.kind) {
    case 'efficient-capsnet':
      return efficientCapsnet(checked);
    case 'base-capsnet':
      return baseCapsnet(checked);
    case 'original-capsnet':
      return originalCapsnet(checked);
    case 'cnn':
      return cnn(checked);
  }
}
