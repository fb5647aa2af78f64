// The worker of one cell of a bench.
import { answerCellMessages } from '@mnist-lab/bench/cell-worker'

answerCellMessages()
