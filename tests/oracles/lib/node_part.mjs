// Loads packages from the provisioned node folder; an error that nobody caught is a broken checker, exit code 2.

import { part } from './provisioned.mjs'

process.on('uncaughtException', (error) => {
  console.error(error)
  process.exit(2)
})

export const load = part('node')
