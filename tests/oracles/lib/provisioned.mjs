// Loads packages from the folder of a provisioned part.

import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const provision = join(dirname(fileURLToPath(import.meta.url)), '..', 'provision')

// A `require` of the packages of a part.
export function part(name) {
  const folder = execFileSync(provision, [name], { encoding: 'utf8' }).trim().slice(name.length + 1)
  return createRequire(join(folder, 'package.json'))
}
