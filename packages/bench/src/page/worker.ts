// The script of the worker that each cell in a browser has for itself.
import { answerCellMessages } from './cell-worker.js'

answerCellMessages()
