import { child, listed, type Syntax } from "./syntax.ts";

/** Where a node stands: the node around it, and the field of that in which it is. */
export type Place = { readonly parent: Syntax | undefined; readonly field: string };
export type Change = {
  readonly node: Syntax;
  readonly form: "expression" | "statement";
  readonly replacement: string;
};

type Text = (node: Syntax) => string;

const OTHER_OPERATOR: ReadonlyMap<string, string> = new Map([
  ["<", "<="],
  ["<=", "<"],
  [">", ">="],
  [">=", ">"],
  ["===", "!=="],
  ["!==", "==="],
  ["+", "-"],
  ["-", "+"],
  ["*", "/"],
  ["/", "*"],
  ["%", "*"],
  ["<<", ">>"],
  [">>", "<<"],
  [">>>", ">>"],
  ["&", "|"],
  ["|", "&"],
  ["^", "&"],
  ["&&", "||"],
  ["||", "&&"],
]);

const OTHER_ASSIGNMENT: ReadonlyMap<string, string> = new Map([
  ["+=", "-="],
  ["-=", "+="],
  ["*=", "/="],
  ["|=", "&="],
  ["&=", "|="],
  ["^=", "&="],
  ["<<=", ">>="],
  [">>=", "<<="],
  [">>>=", "<<="],
]);

const OTHER_METHOD: ReadonlyMap<string, string> = new Map([
  ["min", "max"],
  ["max", "min"],
  ["some", "every"],
  ["every", "some"],
  ["startsWith", "endsWith"],
  ["endsWith", "startsWith"],
]);

/** A comparison that alone decides a branch: to negate it is what `true` and `false` do already. */
function decides(place: Place): boolean {
  return place.field === "test";
}

function operator(node: Syntax, text: Text, place: Place): readonly string[] {
  const [left, right] = [child(node, "left"), child(node, "right")];
  const sign = String(node["operator"]);
  if (left === undefined || right === undefined) return [];
  if (decides(place) && (sign === "===" || sign === "!==")) return [];
  // Text put together is a message more often than not.
  if (sign === "+" && (isText(left) || isText(right))) return [];
  const other = OTHER_OPERATOR.get(sign);
  return other === undefined ? [] : [`${text(left)} ${other} ${text(right)}`];
}

function isText(node: Syntax): boolean {
  return node.type === "TemplateLiteral" || typeof node["value"] === "string";
}

function literal(node: Syntax, place: Place): readonly string[] {
  if (typeof node["bigint"] === "string") {
    const value = BigInt(node["bigint"]);
    return value === 0n ? ["1n"] : value === 1n ? ["0n", "2n"] : ["0n", `${value + 1n}n`];
  }
  const value = node["value"];
  if (typeof value === "boolean") return [String(!value)];
  if (typeof value === "number")
    return value === 0 ? ["1"] : value === 1 ? ["0", "2"] : ["0", `${value + 1}`];
  const key = place.parent === undefined ? undefined : child(place.parent, "key")?.["name"];
  // Of texts, those that a program looks at: the tag of a failure, and of a finding.
  const tag = place.parent?.type === "Property" && (key === "reason" || key === "kind");
  return typeof value === "string" && tag && value !== "" ? ['"another"'] : [];
}

function unary(node: Syntax, text: Text, place: Place): readonly string[] {
  const argument = child(node, "argument");
  const sign = node["operator"];
  if (argument === undefined || decides(place)) return [];
  if (sign === "-" && argument.type === "Literal") return [text(argument)];
  return sign === "!" || sign === "~" || sign === "-" ? [text(argument)] : [];
}

function logical(node: Syntax, text: Text): readonly string[] {
  const [left, right] = [child(node, "left"), child(node, "right")];
  if (node["operator"] !== "??" || left === undefined || right === undefined) return [];
  return [text(left), text(right)];
}

function method(node: Syntax, text: Text): readonly string[] {
  const callee = child(node, "callee");
  const property = callee === undefined ? undefined : child(callee, "property");
  const name = property?.["name"];
  if (callee?.type !== "MemberExpression" || property === undefined || typeof name !== "string") return [];
  const other = OTHER_METHOD.get(name);
  if (other === undefined) return [];
  const whole = text(node);
  const at = property.start - node.start;
  return [`${whole.slice(0, at)}${other}${whole.slice(at + name.length)}`];
}

/** What is put in the place of an expression, by what the expression is. */
function byKind(node: Syntax, text: Text, place: Place): readonly string[] {
  switch (node.type) {
    case "BinaryExpression":
      return operator(node, text, place);
    case "LogicalExpression":
      return [...operator(node, text, place), ...logical(node, text)];
    case "Literal":
      return literal(node, place);
    case "UnaryExpression":
      return unary(node, text, place);
    case "CallExpression":
      return method(node, text);
    case "ArrayExpression":
      return listed(node, "elements").length > 0 ? ["[]"] : [];
    case "UpdateExpression":
      return place.field === "update" ? [] : [swapEnds(text(node))];
    case "AssignmentExpression": {
      const sign = String(node["operator"]);
      const [left, right] = [child(node, "left"), child(node, "right")];
      const other = OTHER_ASSIGNMENT.get(sign);
      return other === undefined || left === undefined || right === undefined
        ? []
        : [`${text(left)} ${other} ${text(right)}`];
    }
    default:
      return [];
  }
}

function swapEnds(update: string): string {
  return update.includes("++") ? update.replace("++", "--") : update.replace("--", "++");
}

/** What is put in the place of an expression, by where it stands: a branch, a returned value, a part spread. */
function byPlace(node: Syntax, { parent, field }: Place): readonly string[] {
  if (field === "test" && parent?.type === "SwitchCase") return [];
  if (field === "test" && node.type !== "Literal") {
    const branch = parent?.type === "IfStatement" || parent?.type === "ConditionalExpression";
    return branch ? ["true", "false"] : ["false"];
  }
  if (parent?.type === "SpreadElement")
    return [child(parent, "of")?.type === "ObjectExpression" ? "{}" : "[]"];
  const returned =
    parent?.type === "ReturnStatement" || (parent?.type === "ArrowFunctionExpression" && field === "body");
  const judgedAlready = [
    "BlockStatement",
    "Literal",
    "BinaryExpression",
    "LogicalExpression",
    "ArrayExpression",
  ];
  const isUndefined = node["name"] === "undefined";
  return returned && !isUndefined && !judgedAlready.includes(node.type) ? ["undefined"] : [];
}

const REMOVABLE = new Set(["CallExpression", "AssignmentExpression", "AwaitExpression", "UpdateExpression"]);

function isRemovable(node: Syntax): boolean {
  const inner = child(node, "expression");
  if (node.type !== "ExpressionStatement" || inner === undefined || !REMOVABLE.has(inner.type)) return false;
  return child(inner, "callee")?.type !== "Super";
}

/** Where words for people are made: what stands in there is not changed. */
export function isMessage(node: Syntax): boolean {
  if (node.type === "ThrowStatement") return true;
  return node.type === "CallExpression" && child(node, "callee")?.["name"] === "unreachable";
}

/** Every change of `node` itself; what is within it has changes of its own. */
export function changesOf(node: Syntax, text: Text, place: Place): readonly Change[] {
  if (isRemovable(node)) return [{ node, form: "statement", replacement: "" }];
  const whole = text(node);
  const replacements = new Set([...byPlace(node, place), ...byKind(node, text, place)]);
  return [...replacements]
    .filter((replacement) => replacement !== whole)
    .map((replacement) => ({ node, form: "expression", replacement }));
}
