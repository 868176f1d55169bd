// Loads packages from the provisioned node folder; an error that nobody caught is a broken checker, exit code 2.

import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

process.on('uncaughtException', (error) => {
  console.error(error)
  process.exit(2)
})

const provision = join(dirname(fileURLToPath(import.meta.url)), '..', 'provision')
const folder = execFileSync(provision, ['node'], { encoding: 'utf8' }).trim().slice('node '.length)
export const load = createRequire(join(folder, 'package.json'))
