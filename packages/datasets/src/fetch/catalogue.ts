/**
 * Where the public data sets are, and how to know that a file is the right one. Sizes and SHA-256 are those of the files as published, before they are unpacked; of MNIST and
 * Fashion-MNIST the contents of copies from other places were found to be the same, number by number.
 */
import type { FileDatasetName } from '../files/locate.js';
import { norbFileName } from '../files/norb.js';

/** One file of a public data set. `bytes` and `sha256` (hexadecimal) are of the file as published. */
export interface RemoteFile {
  /** Under which it is kept. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A public data set that is read here. */
type KnownDataset = RemoteDataset & { readonly name: FileDatasetName };

/** A public data set, and where it is to be had. */
export interface RemoteDataset {
  readonly name: string;
  readonly title: string;
  readonly files: readonly RemoteFile[];
  /** Folders that have the files under their names, in the order of asking. */
  readonly mirrors: readonly string[];
  readonly homepage: string;
  readonly licence: string;
}

const idx = (sums: readonly (readonly [name: string, bytes: number, sha256: string])[]): RemoteFile[] =>
  sums.map(([name, bytes, sha256]) => ({ name: `${name}-ubyte.gz`, bytes, sha256 }));
const norb = (
  split: 'train' | 'test',
  part: 'dat' | 'cat' | 'info',
  bytes: number,
  sha256: string,
): RemoteFile => ({
  ...{ name: `${norbFileName(split, part)}.gz`, bytes, sha256 },
});

const mnist: KnownDataset = {
  name: 'mnist',
  title: '70,000 handwritten digits, 28x28 grey',
  homepage: 'http://yann.lecun.com/exdb/mnist/',
  licence: 'Creative Commons Attribution-ShareAlike 3.0',
  mirrors: [
    'https://storage.googleapis.com/cvdf-datasets/mnist/',
    'https://ossci-datasets.s3.amazonaws.com/mnist/',
  ],
  files: idx([
    ['train-images-idx3', 9_912_422, '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609'],
    ['train-labels-idx1', 28_881, '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c'],
    ['t10k-images-idx3', 1_648_877, '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6'],
    ['t10k-labels-idx1', 4_542, 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6'],
  ]),
};

const fashionMnist: KnownDataset = {
  name: 'fashion-mnist',
  title: '70,000 pieces of clothing, 28x28 grey',
  homepage: 'https://github.com/zalandoresearch/fashion-mnist',
  licence: 'MIT',
  mirrors: [
    'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
  ],
  files: idx([
    ['train-images-idx3', 26_421_880, '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84'],
    ['train-labels-idx1', 29_515, 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845'],
    ['t10k-images-idx3', 4_422_102, '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073'],
    ['t10k-labels-idx1', 5_148, '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5'],
  ]),
};

const smallNorb: KnownDataset = {
  name: 'smallnorb',
  title: '48,600 photographs of toys by two cameras, 96x96 grey',
  homepage: 'https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/',
  licence: 'for research; no commercial use',
  mirrors: [
    'https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/',
    'http://www.cs.nyu.edu/~ylclab/data/norb-v1.0-small/',
  ],
  files: [
    norb('train', 'dat', 131_896_188, '5ffd6272a07d32695ee1082a26a41a93a37aab8c28da047f8c34ed348d214873'),
    norb('train', 'cat', 348, '2784e542c1922060691090952b6cd6278879a216c90f81476f0f00256d42cdaa'),
    norb('train', 'info', 71_052, 'de7eb932ebe7a4ee16217fead60660d0eb3d23632c2f4d1c51f88c501c17bf32'),
    norb('test', 'dat', 130_799_817, 'cf7104eed3e51174d2f65b66d1e5878b9da233b886f161b0d88f4510ba2c7474'),
    norb('test', 'cat', 347, 'ecaf6d5bb8c3bc5eab9cf0258f6d2198dd474e016e374836fc097f2e5ff509ff'),
    norb('test', 'info', 10_428, '16adf314226327ee006d1a44db8cfef52773c06c829951d5653a9f6f310248a2'),
  ],
};

/** The data sets that can be fetched. MultiMNIST is made of MNIST. */
export const remoteDatasets: readonly KnownDataset[] = [mnist, fashionMnist, smallNorb];
