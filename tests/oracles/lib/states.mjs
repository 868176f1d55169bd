// states.mjs FILE...: asl-validator and the JSONata reference parser; prints {FILE: [{tool, where, message}]}.

import { readFileSync } from 'node:fs'
import { load } from './node_part.mjs'

const validate = load('asl-validator')
const jsonata = load('jsonata')

function schemaProblems(definition) {
  const { errors = [] } = validate(definition, { checkPaths: true, checkArn: true })
  return errors.map((error) => ({
    tool: 'asl-validator',
    where: error.instancePath ?? error.path ?? '',
    message: [error['Error code'], error.Message ?? error.message ?? JSON.stringify(error)].filter(Boolean).join(' '),
  }))
}

/** Parses every `{% ... %}` below `value`. */
function* expressionProblems(value, where) {
  if (typeof value === 'string') {
    const open = value.startsWith('{%')
    if (open !== value.endsWith('%}')) {
      yield { tool: 'jsonata', where, message: `\`${value}\` opens or closes an expression, and not both` }
    } else if (open) {
      try {
        jsonata(value.slice(2, -2).trim())
      } catch (error) {
        yield { tool: 'jsonata', where, message: `${error.code} ${error.message}` }
      }
    }
  } else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) yield* expressionProblems(item, `${where}/${key}`)
  }
}

const answer = {}
for (const file of process.argv.slice(2)) {
  const definition = JSON.parse(readFileSync(file, 'utf8'))
  answer[file] = [...schemaProblems(definition), ...expressionProblems(definition, '')]
}
console.log(JSON.stringify(answer))
