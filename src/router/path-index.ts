import { runAtOnce, type Steps, sortInSteps, stepSize } from "../util/steps.js";
import { type Cursor, type Entry, NO_RANK } from "./cursor.js";
import { EntryList } from "./entry-list.js";
import type { RoutingRequest } from "./router.js";

/** Up to this many entries, walking them is cheaper than walking a tree. */
const FEW = 8;

/** The tree of more entries is built with the index: about half a millisecond's work. */
const MANY = 512;

/** @param entries best first. */
export function* buildPathIndex<T>(entries: readonly Entry<T>[]): Steps<PathIndex<T>> {
  const { length } = entries;
  return new PathIndex(entries, length > MANY ? yield* buildTree(entries) : length > FEW ? undefined : null);
}

/**
 * Entries of one host, by the text that the path must start with: a list while they are few, else a compressed radix
 * tree in which each request path is walked once, however many entries there are. The tree of a host with not so many is built when
 * the first request for it comes: of a hundred hosts, few are asked for right after a load.
 */
export class PathIndex<T> {
  /** The best rank of all entries. */
  readonly best: number;
  /** The only entry, when there is just one: a table of hosts has mostly that. */
  private readonly only: Entry<T> | null;

  constructor(
    private readonly entries: readonly Entry<T>[],
    /** `undefined`: there is to be one. */
    private root: Node<T> | null | undefined,
  ) {
    const [first] = entries;
    this.best = first?.rank ?? NO_RANK;
    this.only = first !== undefined && entries.length === 1 ? first : null;
  }

  /** Looks for an entry better than the cursor's. */
  find(cursor: Cursor<T>, request: RoutingRequest): void {
    if (this.only !== null) {
      if (cursor.path.startsWith(this.only.literal)) cursor.accept(this.only, request);
      return;
    }
    if (this.root !== null) {
      this.root ??= runAtOnce(buildTree(this.entries));
      findInTree(this.root, cursor, request);
      return;
    }
    const { entries } = this;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as Entry<T>;
      if (entry.rank >= cursor.best) return;
      if (cursor.path.startsWith(entry.literal) && cursor.accept(entry, request)) return;
    }
  }
}

interface Node<T> {
  /** The characters between the parent and this node, the first of which the parent has tested (the root has no parent). */
  readonly label: string;
  readonly labelLength: number;
  /** Entries whose literal ends here. */
  readonly list: EntryList<T> | null;
  /** The nearest node above that has a list. */
  readonly above: Node<T> | null;
  /** Children by first character; `children[0]` is that of `lowest`. */
  readonly children: (Node<T> | undefined)[];
  readonly lowest: number;
  /** Children by first character when they lie too far apart for an array. */
  readonly scattered: Map<number, Node<T>> | null;
}

/** Widest span of first characters that is kept as an array. */
const MAX_SPAN = 128;

/** Ranges of literals up to this length are built in one go. */
const SHORT = 256;

function* buildTree<T>(entries: readonly Entry<T>[]): Steps<Node<T>> {
  const byLiteral = new Map<string, Entry<T>[]>();
  let count = 0;
  for (const entry of entries) {
    if (count++ % stepSize === 0) yield;
    const list = byLiteral.get(entry.literal);
    if (list === undefined) byLiteral.set(entry.literal, [entry]);
    else list.push(entry);
  }
  const literals = [...byLiteral.keys()];
  yield* sortInSteps(literals, compareTexts);

  /** The node of a range of literals, without its children, and the ranges of these. */
  function begin(
    from: number,
    to: number,
    depth: number,
    above: Node<T> | null,
  ): { node: Node<T>; starts: number[]; codes: number[] } {
    const first = literals[from] as string;
    const last = literals[to - 1] as string;
    // Sorted: what the first and the last share, all between share.
    let end = depth;
    while (end < first.length && end < last.length && first.charCodeAt(end) === last.charCodeAt(end)) end++;
    const ends = first.length === end;
    const starts: number[] = [];
    for (let i = ends ? from + 1 : from; i < to; i++) {
      if (starts.length === 0 || literals[i]?.charCodeAt(end) !== literals[i - 1]?.charCodeAt(end)) starts.push(i);
    }
    const codes = starts.map((start) => (literals[start] as string).charCodeAt(end));
    const lowest = codes[0] ?? 0;
    const dense = codes.length === 0 || (codes[codes.length - 1] as number) - lowest < MAX_SPAN;
    const children: (Node<T> | undefined)[] = [];
    const scattered = dense ? null : new Map<number, Node<T>>();
    const list = ends ? new EntryList(byLiteral.get(first) as Entry<T>[]) : null;
    const node = { label: first.slice(depth, end), labelLength: end - depth, list, above, children, lowest, scattered };
    return { node, starts, codes };
  }

  function build(from: number, to: number, depth: number, above: Node<T> | null): Node<T> {
    const { node, starts, codes } = begin(from, to, depth, above);
    const end = depth + node.labelLength;
    for (const [i, start] of starts.entries()) {
      addChild(node, codes[i] as number, build(start, starts[i + 1] ?? to, end, node.list === null ? above : node));
    }
    return node;
  }

  function* buildLong(from: number, to: number, depth: number, above: Node<T> | null): Steps<Node<T>> {
    const { node, starts, codes } = begin(from, to, depth, above);
    const end = depth + node.labelLength;
    for (const [i, start] of starts.entries()) {
      const next = starts[i + 1] ?? to;
      const nearest = node.list === null ? above : node;
      yield;
      const isLong = next - start > SHORT;
      addChild(node, codes[i] as number, isLong ? yield* buildLong(start, next, end, nearest) : build(start, next, end, nearest));
    }
    return node;
  }

  return yield* buildLong(0, literals.length, 0, null);
}

function addChild<T>({ scattered, children, lowest }: Node<T>, code: number, child: Node<T>): void {
  if (scattered !== null) {
    scattered.set(code, child);
    return;
  }
  while (children.length < code - lowest) children.push(undefined);
  children.push(child);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function findInTree<T>(root: Node<T>, cursor: Cursor<T>, request: RoutingRequest): void {
  const { path } = cursor;
  const length = path.length;
  let node: Node<T> | undefined = root;
  let deepest: Node<T> | null = null;
  let position = 0;
  let tested = 0;
  descent: while (node !== undefined) {
    const labelLength: number = node.labelLength;
    if (position + labelLength > length) break;
    if (labelLength > tested) {
      const { label } = node;
      for (let i = tested; i < labelLength; i++) {
        if (label.charCodeAt(i) !== path.charCodeAt(position + i)) break descent;
      }
    }
    tested = 1;
    position += labelLength;
    if (node.list !== null) deepest = node;
    if (position === length) break;
    const code = path.charCodeAt(position);
    if (node.scattered !== null) {
      node = node.scattered.get(code);
    } else {
      const slot: number = code - node.lowest;
      node = slot >= 0 && slot < node.children.length ? node.children[slot] : undefined;
    }
  }
  // The longest literal is mostly the best: taken first, it spares the tests of the shorter ones.
  for (let found = deepest; found !== null; found = found.above) {
    if (found.list !== null && found.list.best < cursor.best) found.list.find(cursor, request);
  }
}
