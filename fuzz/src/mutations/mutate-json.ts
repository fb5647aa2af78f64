import type { Random } from '../random.js'
import { type Material, mutateBytes } from './mutate-bytes.js'

/**
 * A JSON text as a tree. Unlike JavaScript's values it can hold numbers that no double has, keys
 * that come twice, and texts that are no JSON.
 */
type Tree = Leaf | List | Table
interface Leaf {
  readonly kind: 'leaf'
  text: string
}
interface List {
  readonly kind: 'list'
  items: Tree[]
}
interface Table {
  readonly kind: 'table'
  members: [key: string, value: Tree][]
}

/** The most nodes of a tree that is mutated as one. */
const MAX_NODES = 20_000

/** Values that a field of any type should refuse, or read without harm. */
const HOSTILE = [
  'null', 'true', 'false', '0', '-0', '1', '-1', '0.5', '1e999', '-1e999', '1e-999', '5e-324',
  '1.7976931348623157e308', '9007199254740991', '9007199254740993', '2147483648', '4294967296',
  '268435457', '65536', '256', '1000000', '123456789012345678901234567890', '""', '[]', '{}',
  '[[]]', '[null]', '[0,0,0]', '{"":0}', '{"__proto__":{"a":1}}', '{"constructor":{"name":"a"}}',
  '{"toString":1}', '"__proto__"', '"constructor"', '"../../etc/passwd"', '"CON"', '"\\u0000"',
  '"\\u001b[2J\\u0007"', '"\\u202ea"', '"\\ud800"', '"\\r\\n"', '"é\\u0301"', '"1"', '"NaN"',
  '01', '1.', 'NaN', 'Infinity', 'undefined', "'a'", '"\u0001"', '[1,]', '/**/1', '',
] // prettier-ignore
/** Keys that are special in JavaScript or in a terminal. */
const HOSTILE_KEYS = ['__proto__', 'constructor', 'toString', '', '0', 'length', '\u001b[31m', 'a']

/**
 * Returns a mutated copy of a JSON text. Text that is no JSON, and now and then any text, is
 * mutated as bytes.
 */
export function mutateJson(bytes: Uint8Array, random: Random, material: Material): Uint8Array {
  const tree = random.oneIn(16) ? undefined : treeOf(bytes)
  if (tree === undefined) return mutateBytes(bytes, random, material)
  const root: List = { kind: 'list', items: [tree] }
  for (let left = 1 << random.below(4); left > 0; left--) mutateTree(root, random, material)
  const text = root.items[0] === undefined ? '' : textOf(root.items[0])
  return new TextEncoder().encode(text).subarray(0, material.maxBytes)
}

/** The place of a node: the list or table that holds it. */
interface Place {
  readonly parent: List | Table
  readonly at: number
}

function mutateTree(root: List, random: Random, material: Material): void {
  const places = placesIn(root)
  if (places.length === 0) return void root.items.push(hostile(random))
  const place = random.pick(places)
  const node = nodeAt(place)
  const elsewhere = () => nodeAt(random.pick(places))
  switch (random.below(12)) {
    case 0:
    case 1:
      return setNode(place, hostile(random))
    case 2:
      return remove(place)
    case 3:
      return insert(place, copy(node))
    case 4:
      return setNode(place, copy(elsewhere()))
    case 5: {
      const other = treeOf(material.other())
      const found = other && placesIn({ kind: 'list', items: [other] })
      return found === undefined ? undefined : setNode(place, copy(nodeAt(random.pick(found))))
    }
    case 6:
      return renameKey(place, random, material)
    case 7:
      return setNode(place, wrapped(node, random))
    case 8:
      if (node.kind === 'leaf') return void (node.text = changedLeaf(node.text, random, material))
      return repeat(node, random)
    case 9: {
      const word = random.pick(material.words.length === 0 ? [new Uint8Array()] : material.words)
      return setNode(place, leaf(JSON.stringify(new TextDecoder().decode(word))))
    }
    default: {
      const leaves = places.filter((place) => nodeAt(place).kind === 'leaf')
      if (leaves.length === 0) return
      const chosen = nodeAt(random.pick(leaves)) as Leaf
      chosen.text = changedLeaf(chosen.text, random, material)
    }
  }
}

function hostile(random: Random): Leaf {
  if (!random.oneIn(12)) return leaf(random.pick(HOSTILE))
  const depth = random.pick([10, 100, 1000, 10_000])
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const)
  return leaf(`${open.repeat(depth)}0${close.repeat(depth)}`)
}

/** Returns another text for a number, a string or a word. */
function changedLeaf(text: string, random: Random, material: Material): string {
  const number = Number(text)
  if (text !== '' && Number.isFinite(number)) {
    const change = random.pick([
      number + 1, number - 1, -number, number * 2, number / 2, number * 1e6, number + 0.5,
      Math.floor(number), 2 ** random.below(64), random.below(1000),
    ]) // prettier-ignore
    return String(change)
  }
  if (!text.startsWith('"')) return random.pick(HOSTILE)
  const inside = text.slice(1, -1)
  switch (random.below(4)) {
    case 0:
      return `"${inside.slice(0, 1000).repeat(1 + random.below(4))}${'a'.repeat(random.pick([0, 1, 100, 5000]))}"`
    case 1: {
      const at = random.below(inside.length + 1)
      const middle = random.pick([
        '\\u0000',
        '\\u001b[2J',
        '\\n',
        '\\u2028',
        '../',
        '\\\\',
        'é',
        '👍',
      ])
      return `"${inside.slice(0, at)}${middle}${inside.slice(at)}"`
    }
    case 2: {
      const bytes = mutateBytes(new TextEncoder().encode(inside), random, material)
      return JSON.stringify(new TextDecoder().decode(bytes))
    }
    default:
      return random.pick(HOSTILE)
  }
}

function wrapped(node: Tree, random: Random): Tree {
  if (random.oneIn(2)) return { kind: 'list', items: [node] }
  return { kind: 'table', members: [[random.pick(HOSTILE_KEYS), node]] }
}

function repeat(node: List | Table, random: Random): void {
  const times = random.pick([1, 2, 10, 100])
  if (node.kind === 'list') {
    if (node.items.length === 0) return
    const item = random.pick(node.items)
    for (let i = 0; i < times; i++) node.items.push(copy(item))
  } else if (node.members.length > 0) {
    const [key, value] = random.pick(node.members)
    const isNew = random.oneIn(2)
    for (let i = 0; i < times; i++) node.members.push([isNew ? `${key}${i}` : key, copy(value)])
  }
}

function renameKey({ parent, at }: Place, random: Random, { words }: Material): void {
  if (parent.kind !== 'table') return
  const [key, value] = parent.members[at]!
  const word = words.length > 0 ? new TextDecoder().decode(random.pick(words)) : 'a'
  const name = random.pick([
    word,
    random.pick(HOSTILE_KEYS),
    `${key}s`,
    key.slice(0, 10).repeat(500),
  ])
  // The member can also be there under both names.
  if (random.oneIn(2)) parent.members[at] = [name, value]
  else parent.members.push([name, copy(value)])
}

function leaf(text: string): Leaf {
  return { kind: 'leaf', text }
}

function nodeAt({ parent, at }: Place): Tree {
  return parent.kind === 'list' ? parent.items[at]! : parent.members[at]![1]
}

function setNode({ parent, at }: Place, node: Tree): void {
  if (parent.kind === 'list') parent.items[at] = node
  else parent.members[at]![1] = node
}

function remove({ parent, at }: Place): void {
  if (parent.kind === 'list') parent.items.splice(at, 1)
  else parent.members.splice(at, 1)
}

function insert({ parent, at }: Place, node: Tree): void {
  if (parent.kind === 'list') parent.items.splice(at, 0, node)
  else parent.members.splice(at, 0, [parent.members[at]![0], node])
}

function copy(node: Tree): Tree {
  if (node.kind === 'leaf') return { ...node }
  return node.kind === 'list'
    ? { kind: 'list', items: node.items.map(copy) }
    : { kind: 'table', members: node.members.map(([key, value]) => [key, copy(value)]) }
}

function placesIn(root: List): Place[] {
  const places: Place[] = []
  const visit = (parent: Tree): void => {
    if (parent.kind === 'leaf') return
    const children =
      parent.kind === 'list' ? parent.items : parent.members.map(([, value]) => value)
    children.forEach((child, at) => {
      places.push({ parent, at })
      visit(child)
    })
  }
  visit(root)
  return places
}

/** Returns the tree of a JSON text, or undefined if it is no JSON, or is too large or too deep. */
function treeOf(bytes: Uint8Array): Tree | undefined {
  let left = MAX_NODES
  const build = (value: unknown): Tree => {
    if (left-- <= 0) throw new RangeError('too many nodes')
    if (Array.isArray(value)) return { kind: 'list', items: value.map(build) }
    if (typeof value === 'object' && value !== null) {
      const members = Object.entries(value).map(([key, value]): [string, Tree] => [
        key,
        build(value),
      ])
      return { kind: 'table', members }
    }
    return leaf(JSON.stringify(value))
  }
  try {
    return build(JSON.parse(new TextDecoder().decode(bytes)))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined
    throw error
  }
}

function textOf(tree: Tree): string {
  if (tree.kind === 'leaf') return tree.text
  if (tree.kind === 'list') return `[${tree.items.map(textOf).join(',')}]`
  return `{${tree.members.map(([key, value]) => `${JSON.stringify(key)}:${textOf(value)}`).join(',')}}`
}
