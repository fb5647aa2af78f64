// The table of all operations of the fused engine. scripts/generate.mjs generates three things from
// it: the dispatcher of the WebAssembly module (assembly/generated), the typed commands
// (src/generated/operations.ts), and the operation counts that a profile shows. To
// change an operation, change this table and the kernel.

/** The most chunks that a batch's blocks are divided into. A thread takes one chunk at a time. */
export const MOST_CHUNKS = 16

/**
 * Says how many samples a block has, by build. A test compares the numbers with the compiled
 * modules.
 */
export const BLOCK_SAMPLES = { relaxed: 8, simd128: 8, scalar: 2 }

/** The scopes of operands: what there is one copy for. A command holds the index into this list. */
export const OPERAND_SCOPES = ['program', 'block', 'thread', 'chunk']

/** The words of a program's header, in order. Counters are set to 0 before each pass. */
export const HEADER = [
  { name: 'samples', doc: 'Samples in the batch.' },
  { name: 'blocks', doc: 'Blocks in the batch.' },
  { name: 'step', doc: 'The number of the training step, which selects the dropout masks.' },
  { name: 'key0', doc: 'The lower word of the key of the dropout masks.' },
  { name: 'key1', doc: 'The upper word of the key of the dropout masks.' },
  {
    name: 'rate',
    doc: 'The learning rate, a float32. The optimizer reads it and the three words after it.',
  },
  { name: 'momentum', doc: 'The momentum, a float32.' },
  { name: 'decay', doc: 'The weight decay, a float32.' },
  { name: 'nesterov', doc: '1 for Nesterov momentum, otherwise 0.' },
  { name: 'threads', doc: 'Threads that may take part.' },
  { name: 'nextChunk', doc: 'Counter: the next chunk of the batch that a thread takes.' },
  { name: 'nextFinalCommand', doc: 'Counter: the next final command that a thread takes.' },
  {
    name: 'open',
    doc: '1 while helper threads may enter the pass. The host sets it before it wakes them.',
  },
  { name: 'inside', doc: 'Says how many helper threads are inside the pass.' },
  { name: 'chunksDone', doc: 'Counter: chunks that are finished.' },
  { name: 'finalCommandsDone', doc: 'Counter: final commands that are finished.' },
  { name: 'blockCommands', doc: 'Address of the commands that every block goes through.' },
  { name: 'blockCommandCount', doc: 'Says how many of them there are.' },
  { name: 'finalCommands', doc: 'Address of the commands that run once, after all blocks.' },
  { name: 'finalCommandCount', doc: 'Says how many of them there are.' },
]

// Fields of an operation, in the order of its kernel's arguments.

/**
 * A buffer, in three words: its address, the bytes from one copy to the next, and its scope, an
 * index into OPERAND_SCOPES.
 */
const operand = (name, doc) => ({ name, doc, type: 'operand' })
/** The address of a buffer that the program has once. */
const address = (name, doc) => ({ name, doc, type: 'address' })
/** A whole number. */
const int = (name, doc) => ({ name, doc, type: 'int' })
/** A float32. */
const float = (name, doc) => ({ name, doc, type: 'float' })
/**
 * An argument that no command holds: the dispatcher supplies it from the header or from its own
 * loop.
 */
const supplied = (name) => ({ name, type: 'supplied' })

/** Two strides of an activation, in bytes. */
const strides = (of) => [
  int(`${of}Channel`, `Bytes between channels of ${of}.`),
  int(`${of}Row`, `Bytes between rows of ${of}.`),
]
const ints = (...names) => names.map((name) => int(name))
const kernelWindow = ints('kernelHeight', 'kernelWidth', 'strideHeight', 'strideWidth')
const poolWindow = ints('poolHeight', 'poolWidth', 'strideHeight', 'strideWidth')
const outputs = [
  int('from', 'The first index of the range.'),
  int('to', 'The index after the range.'),
]

/** An average or a maximum of windows, forward. */
const poolForward = [
  operand('x'),
  ...strides('x'),
  operand('y'),
  ...strides('y'),
  ...ints('channels', 'outHeight', 'outWidth'),
  ...poolWindow,
]
const activationBackward = [
  operand('y', 'The output of the activation function.'),
  ...strides('y'),
  operand('dy', 'The gradient of the output; it becomes that of the input.'),
  ...ints('channels', 'height', 'width'),
]

/**
 * The operations. `multiplyAdds` is the number of multiply-adds that a direct sum needs for what
 * one call computes for `samples` samples. Kernels without it compute no sums of products.
 * `boundBy` says what limits the kernel's speed.
 */
export const OPERATIONS = [
  {
    name: 'loadImages',
    from: './parameterless/images',
    doc: 'Reads a block of images from bytes into lanes.',
    boundBy: 'a table look-up for each pixel',
    fields: [
      operand('images'),
      address('table', 'The float32 value of each of the 256 bytes.'),
      operand('y'),
      ...strides('y'),
      supplied('samplesLeft'),
      ...ints('channels', 'height', 'width'),
    ],
  },
  {
    name: 'convForward',
    from: './convolution/forward',
    doc: 'Computes a convolution with its bias as direct sums.',
    boundBy: 'products',
    multiplyAdds:
      'samples * channels * outChannels * outHeight * outWidth * kernelHeight * kernelWidth',
    fields: [
      operand('x'),
      ...strides('x'),
      address('weights'),
      address('bias'),
      operand('y'),
      ...strides('y'),
      ...ints('channels', 'outChannels', 'outHeight', 'outWidth'),
      ...kernelWindow,
    ],
  },
  {
    name: 'avgPoolForward',
    from: './parameterless/pool',
    doc: 'Computes the average of each window.',
    boundBy: 'memory',
    fields: poolForward,
  },
  {
    name: 'maxPoolForward',
    from: './parameterless/pool',
    doc: 'Computes the largest number of each window.',
    boundBy: 'memory',
    fields: poolForward,
  },
  {
    name: 'tanhInPlace',
    from: './parameterless/elementwise',
    doc: 'Computes tanh in place.',
    boundBy: 'a polynomial of 22 operations and a division',
    fields: [operand('x'), int('bytes')],
  },
  {
    name: 'reluInPlace',
    from: './parameterless/elementwise',
    doc: 'Computes relu in place.',
    boundBy: 'memory',
    fields: [operand('x'), int('bytes')],
  },
  {
    name: 'copy',
    from: './parameterless/elementwise',
    doc: 'Copies a block of an activation.',
    boundBy: 'memory',
    fields: [operand('x'), operand('y'), int('bytes')],
  },
  {
    name: 'dropoutMask',
    from: './parameterless/dropout',
    doc: 'Draws a block of a dropout mask.',
    boundBy: 'ten rounds of Philox',
    fields: [
      operand('mask'),
      supplied('block'),
      ...ints('positions', 'channels'),
      supplied('step'),
      int('purpose', 'The third counter word of the stream.'),
      supplied('key0'),
      supplied('key1'),
      int('threshold', 'Elements whose 16 bits are below it are dropped.'),
      float('scale', 'The value of the elements that are kept.'),
    ],
  },
  {
    name: 'multiplyInto',
    from: './parameterless/elementwise',
    doc: 'Multiplies an activation by a mask.',
    boundBy: 'memory',
    fields: [
      operand('x'),
      operand('y'),
      ...ints('channelStride', 'rowStride'),
      operand('mask'),
      ...ints('channels', 'height', 'width'),
    ],
  },
  {
    name: 'crossEntropy',
    from: './parameterless/loss',
    doc: 'Computes the loss and the gradient of the logits.',
    boundBy: 'exponentials',
    fields: [
      operand('logits'),
      operand('labels'),
      operand('sampleWeights'),
      operand('gradient'),
      operand('result'),
      int('classes'),
      int('double', '1 for a softmax of the softmax, else 0.'),
    ],
  },
  {
    name: 'deinterleave',
    from: './parameterless/images',
    doc: 'Writes a block of outputs sample by sample.',
    boundBy: 'memory',
    fields: [operand('x'), operand('y'), int('features')],
  },
  {
    name: 'tanhBackward',
    from: './parameterless/elementwise',
    doc: 'Turns the gradient of tanh’s output into that of its input.',
    boundBy: 'memory',
    fields: activationBackward,
  },
  {
    name: 'reluBackward',
    from: './parameterless/elementwise',
    doc: 'Turns the gradient of relu’s output into that of its input.',
    boundBy: 'memory',
    fields: activationBackward,
  },
  {
    name: 'avgPoolBackward',
    from: './parameterless/pool',
    doc: 'Spreads each gradient over its window.',
    boundBy: 'memory',
    fields: [
      operand('dy'),
      operand('dx'),
      ...ints('channels', 'height', 'width', 'outHeight', 'outWidth'),
      ...poolWindow,
    ],
  },
  {
    name: 'maxPoolBackward',
    from: './parameterless/pool',
    doc: 'Gives each gradient to the first largest number of its window.',
    boundBy: 'memory',
    fields: [
      operand('x'),
      ...strides('x'),
      operand('dy'),
      operand('dx'),
      ...ints('channels', 'height', 'width', 'outHeight', 'outWidth'),
      ...poolWindow,
    ],
  },
  {
    name: 'convBackwardData',
    from: './convolution/backward-data',
    doc: 'Computes the gradient of a convolution’s input as direct sums.',
    boundBy: 'products',
    multiplyAdds:
      'samples * channels * outChannels * outHeight * outWidth * kernelHeight * kernelWidth',
    fields: [
      operand('dy'),
      address('weights'),
      operand('dx'),
      ...ints('channels', 'height', 'width', 'outChannels', 'outHeight', 'outWidth'),
      ...kernelWindow,
      ...ints('top', 'left'),
    ],
  },
  {
    name: 'transposeGradient',
    from: './dense-update',
    doc: 'Writes a block of a dense layer’s output gradient with units innermost.',
    boundBy: 'memory',
    fields: [operand('dy'), operand('target'), ...ints('tileBytes', 'sampleBytes', 'units')],
  },
  {
    name: 'convUpdate',
    from: './convolution/update',
    doc: 'Sums the gradient of a convolution’s weights and makes their optimizer step.',
    boundBy: 'products',
    multiplyAdds:
      'samples * channels * (to - from) * outHeight * outWidth * kernelHeight * kernelWidth',
    fields: [
      address('x'),
      int('xBlock', 'Bytes between blocks of x.'),
      ...strides('x'),
      address('dy'),
      address('weights'),
      address('velocity'),
      supplied('optimizer'),
      supplied('blocks'),
      ...ints('channels', 'outChannels', 'outHeight', 'outWidth'),
      ...kernelWindow,
      ...outputs,
    ],
  },
  {
    name: 'denseUpdate',
    from: './dense-update',
    doc: 'Sums the gradient of a dense layer’s weights and makes their optimizer step.',
    boundBy: 'products, then reading and writing weights',
    multiplyAdds: 'samples * units * (to - from)',
    fields: [
      address('x'),
      int('xBlock', 'Bytes between blocks of x.'),
      address('dy'),
      int('dyTile', 'Bytes between tiles of dy.'),
      address('weights'),
      address('velocity'),
      supplied('optimizer'),
      supplied('blocks'),
      int('units'),
      ...outputs,
    ],
  },
  {
    name: 'biasUpdate',
    from: './convolution/update',
    doc: 'Sums the gradient of a bias and makes its optimizer step.',
    boundBy: 'memory',
    fields: [
      address('dy'),
      address('weights'),
      address('velocity'),
      supplied('optimizer'),
      supplied('blocks'),
      ...ints('channels', 'positions'),
    ],
  },
  {
    name: 'winogradForward',
    from: './winograd/forward',
    doc: 'Multiplies points of an input and of a filter and transforms the products to outputs.',
    boundBy: 'products and the sums of the transform',
    multiplyAdds: 'samples * 25 * channels * outChannels * outHeight * outWidth',
    fields: [
      operand('points'),
      address('filter'),
      address('bias'),
      operand('y'),
      ...strides('y'),
      operand('scratch'),
      ...ints('channels', 'outChannels', 'outHeight', 'outWidth'),
    ],
  },
  {
    name: 'winogradBackward',
    from: './winograd/backward',
    doc: 'Computes the gradient of a filter’s points, and of the input if it is wanted.',
    boundBy: 'products and the sums of the transform',
    // The filter’s gradient, and the input’s if there is one.
    multiplyAdds:
      'samples * 25 * channels * outChannels * outHeight * outWidth * (dx === 0 ? 1 : 2)',
    fields: [
      operand('dy'),
      operand('points'),
      operand('sums'),
      address('filter'),
      operand('dx', 'Address 0 if no gradient is wanted.'),
      operand('scratch'),
      int('group', 'Rows of tiles that are transformed before they are summed.'),
      supplied('startsChunk'),
      ...ints('channels', 'height', 'width', 'outChannels', 'outHeight', 'outWidth', 'top', 'left'),
    ],
  },
  {
    name: 'winogradUpdate',
    from: './winograd/update',
    doc: 'Adds up the chunks’ gradients of a filter and makes its optimizer step.',
    boundBy: 'sums over chunks',
    fields: [
      address('sums'),
      int('sumChunk', 'Bytes between the sums of two chunks.'),
      address('weights'),
      address('velocity'),
      address('filter'),
      address('bias'),
      address('biasVelocity'),
      address('scratch'),
      supplied('optimizer'),
      supplied('chunks'),
      ...ints('channels', 'outChannels'),
      ...outputs,
    ],
  },
  {
    name: 'winogradFilter',
    from: './winograd/update',
    doc: 'Transforms a filter to points.',
    boundBy: 'sums of the transform',
    fields: [
      address('weights'),
      address('filter'),
      address('scratch'),
      ...ints('channels', 'outChannels'),
    ],
  },
  {
    name: 'winogradInput',
    from: './winograd/forward',
    doc: 'Transforms a block of inputs to points.',
    boundBy: 'sums of the transform',
    fields: [
      operand('x'),
      ...strides('x'),
      operand('points'),
      operand('scratch'),
      ...ints('channels', 'outHeight', 'outWidth'),
    ],
  },
  {
    name: 'sparseForward',
    from: './sparse-dense',
    doc: 'Computes a dense layer of images and skips the background pixels.',
    boundBy: 'predicting where the background ends',
    multiplyAdds: 'samples * inputs * units',
    fields: [
      operand('images'),
      address('table', 'The float32 value of each of the 256 bytes.'),
      address('weights'),
      address('bias'),
      address('sums', 'Sums of the weights over parts of the inputs.'),
      int('parts', 'How many parts there are.'),
      operand('y'),
      operand('scratch'),
      supplied('samplesLeft'),
      ...ints('inputs', 'units'),
    ],
  },
  {
    name: 'sparseUpdate',
    from: './sparse-dense',
    doc: 'Makes the optimizer step of a dense layer of images and skips the background pixels.',
    boundBy: 'reading and writing weights',
    multiplyAdds: 'samples * units * (to - from)',
    fields: [
      address('x'),
      int('xBlock', 'Bytes between blocks of x.'),
      address('table', 'The float32 value of each of the 256 bytes.'),
      address('dy'),
      address('weights'),
      address('velocity'),
      address('sums', 'The sum of the new weights of this range.'),
      address('scratch'),
      supplied('optimizer'),
      supplied('blocks'),
      int('units'),
      ...outputs,
    ],
  },
  {
    name: 'sumRows',
    from: './sparse-dense',
    doc: 'Sums the weights of a range of inputs.',
    boundBy: 'memory',
    fields: [address('weights'), address('sums'), int('units'), ...outputs],
  },
  {
    name: 'tanhAvgPoolForward',
    from: './parameterless/pool',
    doc: 'Computes tanh in place and the average of its 2 × 2 windows.',
    boundBy: 'a polynomial of 22 operations and a division',
    fields: [
      operand('x'),
      ...strides('x'),
      operand('y'),
      ...strides('y'),
      ...ints('channels', 'outHeight', 'outWidth'),
    ],
  },
  {
    name: 'tanhAvgPoolBackward',
    from: './parameterless/pool',
    doc: 'Computes the gradient of tanh’s input from that of the averages.',
    boundBy: 'memory',
    fields: [
      operand('x'),
      ...strides('x'),
      operand('dy'),
      operand('dx'),
      ...ints('channels', 'outHeight', 'outWidth'),
    ],
  },
]
