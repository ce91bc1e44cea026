/** The names of the classes of the well-known data sets, in the order of their labels. */

export const digitNames: readonly string[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/** Xiao, Rasul, Vollgraf, "Fashion-MNIST" (2017), table 2. */
export const fashionNames: readonly string[] = [
  'T-shirt/top',
  'trouser',
  'pullover',
  'dress',
  'coat',
  'sandal',
  'shirt',
  'sneaker',
  'bag',
  'ankle boot',
];

/** LeCun, Huang, Bottou, "Learning methods for generic object recognition" (2004). */
export const norbNames: readonly string[] = ['animal', 'human', 'airplane', 'truck', 'car'];
