// Opens a backend and says what runs.
import { backendByName } from '@mnist-lab/backends/node'

const session = await backendByName(process.argv[2]!).open()
await session.close()
process.stdout.write(JSON.stringify(session.info))
