// The limits of models and their files. docs/limits.md lists them with those of other packages.

/** The most bytes of a file with a ModelSpec. */
export const MAX_SPEC_BYTES = 2 ** 20
/** The most layers of a model. */
export const MAX_LAYERS = 1000
/**
 * The most elements of one tensor: 1 GiB as float32. A larger one is a typing mistake, and its
 * allocation would fail without naming the layer.
 */
export const MAX_ELEMENTS = 2 ** 28
/** The most weights of a model, in all layers together: 1 GiB as float32. */
export const MAX_PARAMETERS = 2 ** 28
/** The most elements of the input and of all layers' outputs together, for one image. */
export const MAX_ACTIVATIONS = 2 ** 28
/** The most bytes of the header of a safetensors file, as in the format's own library. */
export const MAX_HEADER_BYTES = 100_000_000
/** The most tensors in a safetensors file. A checkpoint has at most six for each layer. */
export const MAX_TENSORS = 10_000
/** The most dimensions of a tensor in a safetensors file. */
export const MAX_DIMENSIONS = 8
/** The most bytes of a file with a model of another program: the weights of the largest model. */
export const MAX_FOREIGN_BYTES = 8 + MAX_HEADER_BYTES + 4 * MAX_PARAMETERS
/** The most files in an archive of another program. */
export const MAX_ARCHIVE_FILES = 10_000
/** The most nodes and constants of a graph in an ONNX file. */
export const MAX_GRAPH_PARTS = 20_000
/** The most integers in a list of an ONNX file, which are shapes and sizes of windows. */
export const MAX_INTEGERS = 65_536
/** The most bytes of the description of the tensors in a file of `torch.save`. */
export const MAX_PICKLE_BYTES = 2 ** 24
