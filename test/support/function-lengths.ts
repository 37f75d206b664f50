import { parseSync, Visitor, type VisitorObject } from "oxc-parser";

type Visit = VisitorObject["FunctionDeclaration" | "FunctionExpression" | "ArrowFunctionExpression"];
type FunctionNode = Parameters<NonNullable<Visit>>[0];

/** A function by the name that it is declared with, or the line that it begins on, and how many lines it has. */
export type FunctionLength = { readonly name: string; readonly lines: number };

/** All functions of a source: declarations, methods, arrows, and those inside of others. */
export function functionLengths(file: string, text: string): readonly FunctionLength[] {
  const { program, errors } = parseSync(file, text);
  if (errors[0] !== undefined) throw new Error(`${file}: ${errors[0].message}`);
  const found: FunctionLength[] = [];
  /** Of functions that take their name from where they stand. A parent is visited before what is in it. */
  const names = new Map<unknown, string>();
  const named = (value: unknown, name: { readonly start: number; readonly end: number }): void => {
    names.set(value, text.slice(name.start, name.end));
  };
  const add = (node: FunctionNode): void => {
    const own = node.id === null ? undefined : node.id.name;
    const line = lineCount(text.slice(0, node.start));
    const name = own ?? names.get(node) ?? `line ${line}`;
    found.push({ name, lines: lineCount(text.slice(node.start, node.end)) });
  };
  new Visitor({
    VariableDeclarator: ({ id, init }) => named(init, id),
    MethodDefinition: ({ key, value }) => named(value, key),
    PropertyDefinition: ({ key, value }) => named(value, key),
    Property: ({ key, value }) => named(value, key),
    FunctionDeclaration: add,
    FunctionExpression: add,
    ArrowFunctionExpression: add,
  }).visit(program);
  return found;
}

function lineCount(text: string): number {
  return text.split("\n").length;
}
