import { nullBackend } from '../src/testing/null.js'
import { testBackend } from '../src/testing/index.js'

testBackend(nullBackend, { trains: false })
