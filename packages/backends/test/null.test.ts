import { nullBackend } from '../src/null.js'
import { testBackend } from '../src/testing/index.js'

testBackend(nullBackend, { trains: false })
