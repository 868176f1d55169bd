// simulate.mjs CASES.json...: asks an IAM simulator whether requests are allowed by the policies a build wrote.
//
// CASES.json: [{name, expect, principal, action, resource, resourceAccount, context, identity, boundary, session, scp,
// rcp, resourcePolicy}]. `expect` is Allowed, ImplicitlyDenied or ExplicitlyDenied. A policy is a document or "@FILE",
// relative to CASES.json. identity and boundary are lists of policies, scp and rcp lists of lists: one per level, root
// first. With sts:AssumeRole or a KMS key the resourcePolicy (trust or key policy) must be there: without one the
// simulator says Allowed, so such a case is a finding here.
//
// Prints one line per case that is not as expected, then the counts. Exits 1 on findings, 2 where a case is malformed.

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { load } from './lib/node_part.mjs'

const { runSimulation } = load('@cloud-copilot/iam-simulate')

async function decide(one, folder) {
  const policy = (given) =>
    typeof given === 'string' && given.startsWith('@')
      ? JSON.parse(readFileSync(resolve(folder, given.slice(1)), 'utf8'))
      : given
  const named = (policies = []) => policies.map((given, index) => ({ name: `p${index}`, policy: policy(given) }))
  const levels = (all = []) => all.map((level, index) => ({ orgIdentifier: `level${index}`, policies: named(level) }))
  const simulation = {
    request: {
      principal: one.principal,
      action: one.action,
      resource: { resource: one.resource, accountId: one.resourceAccount ?? one.resource.split(':')[4] },
      contextVariables: one.context ?? {},
    },
    identityPolicies: named(one.identity),
    serviceControlPolicies: levels(one.scp),
    resourceControlPolicies: levels(one.rcp),
    ...(one.resourcePolicy && { resourcePolicy: policy(one.resourcePolicy) }),
    ...(one.session && { sessionPolicy: policy(one.session) }),
    ...(one.boundary && { permissionBoundaryPolicies: named(one.boundary) }),
  }
  const answer = await runSimulation(simulation, { simulationMode: 'Strict' })
  if (answer.resultType === 'error') throw new Error(JSON.stringify(answer.errors ?? answer))
  return answer
}

const blind = (one) => /^(sts:AssumeRole|kms:)/.test(one.action) && !one.resourcePolicy

async function problem(one, folder) {
  if (blind(one)) return 'the case has no resourcePolicy, without which the simulator sees no trust or key policy'
  const answer = await decide(one, folder)
  const got = answer.overallResult ?? answer.result?.analysis?.result
  return got === one.expect ? null : `${one.action} on ${one.resource} is ${got}, expected ${one.expect}`
}

let checked = 0
let findings = 0
for (const file of process.argv.slice(2)) {
  for (const one of JSON.parse(readFileSync(file, 'utf8'))) {
    checked += 1
    const message = await problem(one, dirname(file)).catch((error) => {
      console.error(`${file}: ${one.name}: ${error.message}`)
      process.exit(2)
    })
    if (message === null) continue
    findings += 1
    console.log(JSON.stringify({ checker: 'simulate', tool: 'iam-simulate', file, where: one.name, message }))
  }
}
if (checked === 0) {
  console.error('nothing was checked')
  process.exit(2)
}
console.log(JSON.stringify({ checker: 'simulate', checked, findings, allowed: 0 }))
process.exit(findings > 0 ? 1 : 0)
