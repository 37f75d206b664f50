import {
  type Expression,
  isArrowFunction,
  isAssignmentOperator,
  isBinaryExpression,
  isExpressionStatement,
  isFunctionExpression,
  isParenthesizedExpression,
  type Node,
  type SourceFile,
} from "typescript/unstable/ast";
import { createVirtualFileSystem, type FileSystem } from "typescript/unstable/fs";
import {
  API,
  type Checker,
  type Project,
  SignatureKind,
  type Type,
  TypeFlags,
} from "typescript/unstable/sync";

/**
 * Promises and Results of a project that nothing looks at: a failure in them would be seen by no one. They are the values of
 * statements, and what a function returns that is given where one without a value is wanted (`forEach(async …)`). A promise that
 * is left alone on purpose stands behind `void`, as does a Result that has been awaited.
 *
 * The types are the compiler's own. Its interface for programs is not stable yet: a new compiler may ask for changes here.
 */
export function ignoredValues(folder: string, fs?: FileSystem): readonly string[] {
  const api = new API({ cwd: folder, ...(fs === undefined ? {} : { fs }) });
  try {
    const [project] = api.updateSnapshot({ openProjects: [`${folder}/tsconfig.json`] }).getProjects();
    if (project === undefined) throw new Error(`no project in ${folder}`);
    return ignoredIn(project, folder);
  } finally {
    api.close();
  }
}

/** The same of a project in memory, made of these files. */
export function ignoredValuesOf(sources: Readonly<Record<string, string>>): readonly string[] {
  const compilerOptions = { target: "es2023", lib: ["es2023"], strict: true, types: [] };
  const files = { ...sources, "tsconfig.json": JSON.stringify({ compilerOptions, include: ["**/*.ts"] }) };
  const named = Object.entries(files).map(([name, text]) => [`/project/${name}`, text]);
  return ignoredValues("/project", createVirtualFileSystem(Object.fromEntries(named)));
}

function ignoredIn({ program, checker }: Project, folder: string): readonly string[] {
  const isFallible = fallibility(checker);
  const own = program
    .getSourceFileNames()
    .filter((name) => name.startsWith(`${folder}/`) && !name.includes("/node_modules/"));
  // A folder that the compiler calls by another name would pass every check.
  if (own.length === 0) throw new Error(`no file below ${folder}`);
  return own.flatMap((name) => {
    const file = program.getSourceFile(name);
    if (file === undefined) throw new Error(`${name} was not read`);
    const { values, functions } = candidates(file);
    const types = checker.getTypeAtLocation(values);
    const ignored: readonly Node[] = [
      ...values.filter((_, index) => isFallible(types[index])),
      ...returningInVain(checker, functions, isFallible),
    ];
    return ignored.map((node) => {
      const start = node.getStart(file);
      const { line } = file.getLineAndCharacterOfPosition(start);
      return `${name.slice(folder.length + 1)}:${line + 1}: ${file.text.slice(start, node.end).split("\n", 1)[0]}`;
    });
  });
}

/** Expressions whose values a statement drops, and functions written in place. */
function candidates(file: SourceFile): {
  readonly values: readonly Expression[];
  readonly functions: readonly Node[];
} {
  const values: Expression[] = [];
  const functions: Node[] = [];
  const visit = (node: Node): void => {
    if (isExpressionStatement(node) && !isAssignment(node.expression)) values.push(node.expression);
    if (isArrowFunction(node) || isFunctionExpression(node)) functions.push(node);
    node.forEachChild(visit);
  };
  visit(file);
  return { values, functions };
}

function isAssignment(value: Expression): boolean {
  if (isParenthesizedExpression(value)) return isAssignment(value.expression);
  return isBinaryExpression(value) && isAssignmentOperator(value.operatorToken.kind);
}

/** Tells promises and Results by what they have, in unions and lists too. */
function fallibility(checker: Checker): (type: Type | undefined) => boolean {
  const known = new Map<Type, boolean>();
  const ask = (type: Type): boolean => {
    if (type.isUnionType()) return type.getTypes().some(isFallible);
    if (!type.isObjectType()) return false;
    if (checker.isArrayType(type) && type.isTypeReference())
      return isFallible(checker.getTypeArguments(type)[0]);
    const flag = checker.getPropertyOfType(type, "ok");
    if (flag === undefined) return checker.getPropertyOfType(type, "then") !== undefined;
    return ((checker.getTypeOfSymbol(flag)?.flags ?? 0) & TypeFlags.BooleanLiteral) !== 0;
  };
  const isFallible = (type: Type | undefined): boolean => {
    if (type === undefined) return false;
    const answer = known.get(type) ?? ask(type);
    known.set(type, answer);
    return answer;
  };
  return isFallible;
}

/** Functions that return such a value where the surroundings want one that returns nothing. */
function returningInVain(
  checker: Checker,
  functions: readonly Node[],
  isFallible: (type: Type | undefined) => boolean,
): readonly Node[] {
  const returned = (type: Type | undefined) =>
    type === undefined
      ? []
      : checker
          .getSignaturesOfType(type, SignatureKind.Call)
          .map((signature) => checker.getReturnTypeOfSignature(signature));
  const types = checker.getTypeAtLocation(functions);
  return functions.filter((node, index) => {
    if (!returned(types[index]).some(isFallible)) return false;
    const wanted = returned(checker.getContextualType(node as Expression));
    return wanted.length > 0 && wanted.every((type) => ((type?.flags ?? 0) & TypeFlags.Void) !== 0);
  });
}
