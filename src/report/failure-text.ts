import { errnoText } from "#core/errno-text.ts";
import type { Failure, Layer } from "#core/failure.ts";
import { unreachable } from "#core/unreachable.ts";
import { oneLine } from "./visible.ts";

/** Of a guest's console, how many lines from its end are shown. */
const CONSOLE_LINES = 40;

/**
 * Turns a failure into words: the first line says what is wrong and where, indented lines below it
 * give the rest. The only place that does so.
 */
export function failureText(told: Failure): string {
  const failure = inOneLine(told);
  switch (failure.reason) {
    case "malformed":
      return `${at(failure.file)}${inside(failure.layer)}${failure.format} ${failure.section}, offset ${hex(failure.offset)}: ${failure.detail}`;
    case "unsupported":
      return `${at(failure.file)}${inside(failure.layer)}${failure.what} is not supported: ${failure.detail}`;
    case "abi-mismatch":
      return lines(
        `${at(failure.file)}the kernel's BTF does not agree with revision ${failure.revision}:`,
        failure.differences,
      );
    case "skeleton-mismatch":
      return lines(
        `${at(failure.file)}the light skeleton's ${failure.what} are not those that the kernel expects`,
        [`expected: ${failure.expected.join(" ")}`, `found:    ${failure.found.join(" ")}`],
      );
    case "missing-array":
      return `${at(failure.file)}${failure.array}[]: ${failure.detail}`;
    case "tool-missing":
      return lines(`${failure.tool} not found`, [
        ...failure.tried.map((place) => `tried: ${place}`),
        ...remedy(failure.remedy),
      ]);
    case "tool-too-old":
      return lines(
        `${failure.tool} ${failure.version} (${failure.path}) is too old: ${failure.needed} is needed`,
        remedy(failure.remedy),
      );
    case "tool-failed":
      return lines(`${failure.tool} failed (${failure.ended}): ${failure.command}`, [
        ...(failure.variable === undefined ? [] : [`${failure.variable}=SECONDS allows another time`]),
        ...failure.log.trimEnd().split("\n"),
      ]);
    case "input-not-found":
      return lines(`${failure.what} not found: give it by ${failure.hint}`, [
        ...failure.tried.map((path) => `tried: ${path}`),
      ]);
    case "file-failed":
      return lines(
        `${failure.file}: cannot ${failure.operation}: ${errnoText(failure.code)}`,
        failure.hint === undefined ? [] : [failure.hint],
      );
    case "size-exceeded":
      return `${at(failure.file)}${inside(failure.layer)}${place(failure.field)}${failure.what}: ${failure.size} bytes, at most ${failure.limit} are possible`;
    case "not-decomposed":
      return lines(
        `${at(failure.file)}${failure.stage}${failure.command === undefined ? "" : `, command ${failure.command}`}: ${failure.detail}`,
        failure.causes.flatMap((cause) => failureText(cause).split("\n")),
      );
    case "not-loaded":
      return lines(
        `${at(failure.file)}${failure.program === undefined ? "" : `${failure.program}: `}the program cannot be loaded: ${failure.detail}`,
        failure.causes,
      );
    case "parser-misbehaved":
      return lines(
        `${at(failure.file)}the parser misbehaves: ${failure.detail}`,
        failure.source === null
          ? []
          : [`at ${failure.source.file}:${failure.source.line}  ${failure.source.text}`],
      );
    case "guest-failed":
      return lines(
        `the guest failed: ${failure.detail}`,
        failure.console.split(/\r?\n/).slice(-CONSOLE_LINES),
      );
    case "not-booted":
      return lines(
        `the second kernel is not as it should be: ${failure.detail}`,
        failure.console.split(/\r?\n/).slice(-CONSOLE_LINES),
      );
    case "signature-failed":
      return lines(
        `${at(failure.file)}${failure.signatureAt === undefined ? "" : `signature, offset ${hex(failure.signatureAt)}: `}${failure.detail}`,
        (failure.log ?? "").trimEnd().split("\n"),
      );
    case "bad-target":
      return `${at(failure.file)}target ${failure.target}: ${failure.detail}`;
    case "bad-fleet":
      return lines(`${failure.file}: the fleet cannot be used:`, failure.problems);
    case "bad-reference":
      return `${at(failure.file)}the reference is at fault: ${failure.detail}`;
    case "not-proven":
      return lines(`${at(failure.file)}not proven: ${failure.detail}`, [
        `kexec-bpf prove ${failure.file} says more`,
      ]);
    case "unknown-goal":
      return lines(`no rule to make '${failure.goal}'`, [`known: ${failure.known.join(" ")}`]);
    case "usage":
      return failure.detail;
    case "cancelled":
      return `cancelled (${failure.signal})`;
    default:
      return unreachable(failure);
  }
}

/** Names and details come from files, and are one line whatever is in them. Logs and consoles have lines of their own. */
function inOneLine<F extends Failure>(failure: F): F {
  const fields = Object.entries(failure).map(([name, value]) =>
    typeof value === "string" && !LONG_TEXTS.has(name) ? [name, oneLine(value)] : [name, value],
  );
  return Object.fromEntries(fields) as F;
}

const LONG_TEXTS: ReadonlySet<string> = new Set(["log", "console", "command"]);

function at(file: string | undefined): string {
  return file === undefined ? "" : `${file}: `;
}

function inside(layer: Layer | undefined): string {
  return layer === undefined ? "" : `inside ${layer}: `;
}

function place(field: { readonly section: string; readonly offset: number } | undefined): string {
  return field === undefined ? "" : `${field.section}, offset ${hex(field.offset)}: `;
}

function hex(offset: number): string {
  return `0x${offset.toString(16)}`;
}

function remedy(command: string | undefined): readonly string[] {
  return command === undefined ? [] : [`to mend it: ${command}`];
}

function lines(first: string, rest: readonly string[]): string {
  return [first, ...rest.filter((line) => line !== "").map((line) => `  ${line}`)].join("\n");
}
