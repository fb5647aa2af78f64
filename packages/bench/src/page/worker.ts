// This is the script of the worker that runs one cell in a browser.
import { answerCellMessages } from './cell-worker.js'

answerCellMessages()
