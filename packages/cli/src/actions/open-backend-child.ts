// Opens a backend and prints what runs. `mnist doctor` starts it as a process.
import { backendByName } from '@mnist-lab/backends/node'

const session = await backendByName(process.argv[2]!).open()
await session.close()
process.stdout.write(JSON.stringify(session.info))
