// evaluate.mjs CASES.json...: evaluates expressions in JSONata's reference implementation.
//
// CASES.json: [{expression, bindings}]: the bindings are variables, by name. Prints one JSON line per case:
// {"value": VALUE}, {"error": CODE} where the expression fails, or {} where it has no value that is JSON.

import { readFileSync } from 'node:fs'
import { load } from './lib/node_part.mjs'

const jsonata = load('jsonata')

for (const file of process.argv.slice(2)) {
  for (const { expression, bindings } of JSON.parse(readFileSync(file, 'utf8'))) {
    let line
    try {
      const value = await jsonata(expression).evaluate(undefined, bindings ?? {})
      const isJson = value !== undefined && value?._jsonata_function !== true && (typeof value !== 'number' || Number.isFinite(value))
      line = JSON.stringify(isJson ? { value } : {})
    } catch (error) {
      line = JSON.stringify({ error: error.code ?? 'error' })
    }
    console.log(line)
  }
}
