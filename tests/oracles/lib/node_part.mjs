// Loads packages from the provisioned node folder, which DPL_ORACLES_NODE names.

import { createRequire } from 'node:module'
import { join } from 'node:path'

const folder = process.env.DPL_ORACLES_NODE
if (!folder) {
  console.error('DPL_ORACLES_NODE must name the folder that `provision node` prints')
  process.exit(2)
}
export const load = createRequire(join(folder, 'package.json'))
