import { isAbsolute, relative, resolve } from "node:path";
import type { ErrorRecord, Shortfall, Verification } from "#core/verification.ts";
import { failureText } from "#report/failure-text.ts";
import { PROBLEM_KINDS } from "#report/finding-kinds.ts";
import { findingPlace } from "#report/finding-place.ts";
import { findingLines, shortfallText } from "#report/finding-text.ts";
import { visible } from "#report/visible.ts";

/** Where annotations are made. */
export type Workspace = {
  /** What names in the verification are relative to. */
  readonly cwd: string;
  /** GITHUB_WORKSPACE: what GitHub's names are relative to. */
  readonly root: string | undefined;
};

type Annotation = {
  readonly file?: string;
  readonly line?: number;
  readonly title: string;
  readonly message: string;
};

/**
 * All that a verification complains of, as commands to GitHub's runner, a line each: it shows them beside the files. Empty where there
 * is nothing.
 *
 * Source: GitHub, "Workflow commands for GitHub Actions", and the escapes of actions/runner's `ActionCommand.cs`.
 */
export function githubAnnotations(verification: Verification, workspace: Workspace): string {
  const { verdicts, parsers, errors, shortfalls } = verification;
  const fileOf = new Map(parsers.map(({ name, file }) => [name, file]));
  const annotations = [
    ...verdicts.flatMap(({ parser, image, findings }) =>
      findings.map((finding): Annotation => {
        const { file, source } = findingPlace(finding, image, fileOf.get(parser) ?? "");
        return {
          ...{ file, ...(source && { line: source.line }) },
          title: `${PROBLEM_KINDS[finding.kind].title}: ${parser}`,
          message: `${parser} on ${image}: ${findingLines(finding).join("\n")}`,
        };
      }),
    ),
    ...errors.map(errorAnnotation),
    ...shortfalls.map(shortfallAnnotation),
  ];
  return annotations.map((annotation) => `${command(annotation, workspace)}\n`).join("");
}

function errorAnnotation({ name, failure }: ErrorRecord): Annotation {
  const title = PROBLEM_KINDS["not-judged"].title;
  return { ...(name !== "" && { file: name }), title, message: failureText(failure) };
}

function shortfallAnnotation(shortfall: Shortfall): Annotation {
  return {
    ...("image" in shortfall && { file: shortfall.image }),
    title: PROBLEM_KINDS[shortfall.kind].title,
    message: shortfallText(shortfall),
  };
}

function command({ file, line, title, message }: Annotation, workspace: Workspace): string {
  const properties = [
    ...(file === undefined ? [] : [`file=${property(fromRoot(file, workspace))}`]),
    ...(line === undefined ? [] : [`line=${line}`]),
    `title=${property(title)}`,
  ];
  return `::error ${properties.join(",")}::${data(visible(message))}`;
}

/** A file of the workspace by its name in there, any other as it stands. */
function fromRoot(file: string, { cwd, root }: Workspace): string {
  if (root === undefined || root === "") return file;
  const inside = relative(root, resolve(cwd, file));
  return inside.startsWith("..") || isAbsolute(inside) ? file : inside;
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(visible(text)).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
