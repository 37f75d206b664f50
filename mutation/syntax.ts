import { type Node, parseSync } from "oxc-parser";

/** A syntax node as data: its type, where its text is, and whatever else the parser says of it. */
export type Syntax = { readonly type: string; readonly start: number; readonly end: number } & {
  readonly [field: string]: unknown;
};

function isSyntax(value: unknown): value is Syntax {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

/** The node in `field`, where there is one. */
export function child(node: Syntax, field: string): Syntax | undefined {
  const value = node[field];
  return isSyntax(value) ? value : undefined;
}

export function listed(node: Syntax, field: string): readonly Syntax[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isSyntax) : [];
}

/** The wrappers of TypeScript that have an expression inside; every other TS node is a type and makes no code. */
const WRAPPERS: ReadonlySet<string> = new Set([
  "TSAsExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
  "TSInstantiationExpression",
]);

/** Names, keys and what is only for the type checker: nothing in there can be changed. */
function isFixed(node: Syntax, field: string, value: Syntax): boolean {
  if (value.type.startsWith("TS") && !WRAPPERS.has(value.type)) return true;
  if (value.type === "ImportDeclaration" || value.type === "ExportAllDeclaration") return true;
  if (field === "source") return true;
  return (field === "key" || field === "property") && node["computed"] !== true;
}

export function childrenOf(node: Syntax): readonly { readonly field: string; readonly node: Syntax }[] {
  return Object.entries(node).flatMap(([field, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter(isSyntax)
      .filter((one) => !isFixed(node, field, one))
      .map((one) => ({ field, node: one })),
  );
}

export function parse(file: string, text: string): Syntax {
  const { errors, program } = parseSync(file, text);
  const [first] = errors;
  if (first !== undefined) throw new Error(`${file}: ${first.message}`);
  const root: Node = program;
  if (!isSyntax(root)) throw new Error(`${file}: the parser gave no syntax tree`);
  return root;
}
