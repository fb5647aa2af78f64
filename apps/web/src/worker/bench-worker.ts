// The worker of one repetition of a benchmark. The package brings it; a bundler needs a file of the page's own to start it from.
import '@mnist-lab/bench/cell-worker'
