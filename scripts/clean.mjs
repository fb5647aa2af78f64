// Removes what earlier builds of the current package have left:
// node ../../scripts/clean.mjs FOLDER…
// The compiler does not remove the output of a source that was moved, so every build begins here.
import { rmSync } from 'node:fs'

for (const folder of process.argv.slice(2)) rmSync(folder, { recursive: true, force: true })
