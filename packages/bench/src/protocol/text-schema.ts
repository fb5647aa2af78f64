import { printable } from '@mnist-lab/core'
import { z } from 'zod'

/** The most characters that are kept of a text of another program. */
export const MAX_TEXT = 2000

/**
 * A text that another program or a file has given. Parsing makes it a bounded line that is safe to
 * print. A saved result is parsed each time it is opened, and stays as it is.
 */
export const textSchema = z.string().overwrite((text) => printable(text.trim(), MAX_TEXT))
