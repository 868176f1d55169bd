// policies.mjs (TYPE FILE)...: prints {FILE: [{tool, where, message}]}; the Python side reports.

import { readFileSync } from 'node:fs'
import { statementProblems } from './iam_data.mjs'
import { load } from './node_part.mjs'

const rules = load('@cloud-copilot/iam-policy')
const VALIDATE = {
  identity: rules.validateIdentityPolicy,
  managed: rules.validateIdentityPolicy,
  trust: rules.validateTrustPolicy,
  bucket: rules.validateResourcePolicy,
  kms: rules.validateResourcePolicy,
  resource: rules.validateResourcePolicy,
  function: rules.validateResourcePolicy,
  secret: rules.validateResourcePolicy,
  permissions: rules.validateIdentityPolicy,
  scp: rules.validateServiceControlPolicy,
  rcp: rules.validateResourceControlPolicy,
}

async function problems(type, policy) {
  const found = VALIDATE[type](policy).map((one) => ({ tool: 'iam-policy', where: one.path, message: one.message }))
  if (found.length > 0) return found // the data below can be asked about well-formed documents only
  const statements = Array.isArray(policy.Statement) ? policy.Statement : [policy.Statement]
  for (const [index, statement] of statements.entries()) {
    for (const { where, message } of await statementProblems(statement, type)) {
      found.push({ tool: 'iam-data', where: `Statement[${index}]: ${where}`, message })
    }
  }
  return found
}

const answer = {}
const given = process.argv.slice(2)
for (let at = 0; at < given.length; at += 2) {
  const document = JSON.parse(readFileSync(given[at + 1], 'utf8'))
  // A file for somebody else has its policy inside.
  answer[given[at + 1]] = await problems(given[at], document.policy ?? document)
}
console.log(JSON.stringify(answer))
