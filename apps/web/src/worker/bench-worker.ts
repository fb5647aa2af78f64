// This worker measures one cell of a comparison.
import { answerCellMessages } from '@mnist-lab/bench/cell-worker'

answerCellMessages()
