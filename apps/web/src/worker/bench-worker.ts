// A bench's cell, in a worker of its own.
import '@mnist-lab/bench/cell-worker'
