// Where datasets are published, and the checksums that their files are held to. The sums of MNIST,
// Fashion-MNIST, KMNIST, EMNIST and QMNIST are those of torchvision. The publisher of K49 states
// none; its sums are those that public programs for it check.
import type { DatasetName } from './list.js'

/** A file that is downloaded. */
export interface PublishedFile {
  readonly file: string
  /** The MD5 of the file as it is published. */
  readonly md5: string
  /** The MD5 of what it unpacks to, where other packagers compress it in another way. */
  readonly unpackedMd5?: string
}

/** A published dataset. */
export interface PublishedDataset {
  /** The folders of servers that have the files, the first one to be tried first. */
  readonly urls: readonly string[]
  readonly files: readonly PublishedFile[]
  /** The names of the classes, unless the files have a list of them or they are digits. */
  readonly classNames?: readonly string[]
  /** The beginning of the names of the files to take out of an archive, which is the only file. */
  readonly members?: string
  /** Folders in which packages of systems keep the same files. */
  readonly installed?: readonly string[]
}

const idx = (
  md5: Readonly<
    Record<'trainImages' | 'trainLabels' | 'testImages' | 'testLabels', readonly [string, string?]>
  >,
): readonly PublishedFile[] =>
  (
    [
      ['train-images-idx3-ubyte.gz', md5.trainImages],
      ['train-labels-idx1-ubyte.gz', md5.trainLabels],
      ['t10k-images-idx3-ubyte.gz', md5.testImages],
      ['t10k-labels-idx1-ubyte.gz', md5.testLabels],
    ] as const
  ).map(([file, [packed, unpackedMd5]]) => ({
    file,
    md5: packed,
    ...(unpackedMd5 === undefined ? {} : { unpackedMd5 }),
  }))

const emnist = (members: string): PublishedDataset => ({
  urls: [
    'https://biometrics.nist.gov/cs_links/EMNIST/',
    'https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/',
  ],
  files: [{ file: 'gzip.zip', md5: '58c8d27c78d21e728a6bc7b3cc06412e' }],
  members,
})

/** The published datasets by their names. */
export const PUBLISHED_DATASETS: Readonly<Record<DatasetName, PublishedDataset>> = {
  mnist: {
    urls: [
      'https://ossci-datasets.s3.amazonaws.com/mnist/',
      'https://storage.googleapis.com/cvdf-datasets/mnist/',
    ],
    files: idx({
      trainImages: ['f68b3c2dcbeaaa9fbdd348bbdeb94873', '6bbc9ace898e44ae57da46a324031adb'],
      trainLabels: ['d53e105ee54ea40749a09fcbcd1e9432', 'a25bea736e30d166cdddb491f175f624'],
      testImages: ['9fb629c4189551a2d022fa330f9573f3', '2646ac647ad5339dbf082846283269ea'],
      testLabels: ['ec29112dd5afa0611ce80d1b7f02629c', '27ae3e4e09519cfbb04c329615203637'],
    }),
  },
  'fashion-mnist': {
    urls: ['http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/'],
    files: idx({
      trainImages: ['8d4fb7e6c68d591d4c3dfef9ec88bf0d', 'f4a8712d7a061bf5bd6d2ca38dc4d50a'],
      trainLabels: ['25c81989df183df01b3e8a0aad5dffbe', '9018921c3c673c538a1fc5bad174d6f9'],
      testImages: ['bef4ecab320f06d8554ea6380940ec79', '8181f5470baa50b63fa0f6fddb340f0a'],
      testLabels: ['bb300cfdad3c16e7a12a480ee83cd310', '15d484375f8d13e6eb1aabb0c3f46965'],
    }),
    classNames: [
      'T-shirt/top',
      'Trouser',
      'Pullover',
      'Dress',
      'Coat',
      'Sandal',
      'Shirt',
      'Sneaker',
      'Bag',
      'Ankle boot',
    ],
    // The package dataset-fashion-mnist of Debian and Ubuntu.
    installed: ['/usr/share/datasets/fashion-mnist'],
  },
  kmnist: {
    urls: [
      'https://codh.rois.ac.jp/kmnist/dataset/kmnist/',
      'http://codh.rois.ac.jp/kmnist/dataset/kmnist/',
    ],
    files: idx({
      trainImages: ['bdb82020997e1d708af4cf47b453dcf7'],
      trainLabels: ['e144d726b3acfaa3e44228e80efcd344'],
      testImages: ['5c965bf0a639b31b8f53240b1b52f4d7'],
      testLabels: ['7320c461ea6c1c855c0b718fb2a4b134'],
    }),
    classNames: ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo'],
  },
  k49: {
    urls: [
      'https://codh.rois.ac.jp/kmnist/dataset/k49/',
      'http://codh.rois.ac.jp/kmnist/dataset/k49/',
    ],
    files: [
      { file: 'k49-train-imgs.npz', md5: '7ac088b20481cf51dcd01ceaab89d821' },
      { file: 'k49-train-labels.npz', md5: '44a8e1b893f81e63ff38d73cad420f7a' },
      { file: 'k49-test-imgs.npz', md5: 'd352e201d846ce6b94f42c990966f374' },
      { file: 'k49-test-labels.npz', md5: '4da6f7a62e67a832d5eb1bd85c5ee448' },
    ],
    // The syllables in the order of the Japanese alphabet, and the mark that repeats one.
    classNames:
      'a i u e o ka ki ku ke ko sa shi su se so ta chi tsu te to na ni nu ne no ha hi fu he ho ma mi mu me mo ya yu yo ra ri ru re ro wa wi we wo n iteration'.split(
        ' ',
      ),
  },
  'emnist-letters': emnist('emnist-letters-'),
  'emnist-balanced': emnist('emnist-balanced-'),
  'emnist-digits': emnist('emnist-digits-'),
  qmnist: {
    urls: ['https://raw.githubusercontent.com/facebookresearch/qmnist/master/'],
    files: [
      { file: 'qmnist-train-images-idx3-ubyte.gz', md5: 'ed72d4157d28c017586c42bc6afe6370' },
      { file: 'qmnist-train-labels-idx2-int.gz', md5: '0058f8dd561b90ffdd0f734c6a30e5e4' },
      { file: 'qmnist-test-images-idx3-ubyte.gz', md5: '1394631089c404de565df7b7aeaf9412' },
      { file: 'qmnist-test-labels-idx2-int.gz', md5: '5b5b05890a5e13444e108efe57b788aa' },
    ],
  },
}
