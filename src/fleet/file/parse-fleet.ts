import { dirname } from "node:path";
import type { PerPart } from "#abi/parts.ts";
import type { BadFleet } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { type Complain, checkFields, isObject, type Json, jsonKind } from "./check-fields.ts";
import { FLEET_FIELDS, type FleetFields, KERNEL_FIELDS } from "./fields.ts";
import type { Fleet, FleetKernel, FleetSigning } from "./fleet-file.ts";

/**
 * What a FLEET.json says, complete: defaults are part of every kernel. All that is wrong with it is told at once.
 *
 * @param file absolute: what paths in it count from
 *
 * Errors: `bad-fleet`.
 */
export function parseFleet(text: string, file: string): Result<Fleet, BadFleet> {
  const problems: string[] = [];
  const complain: Complain = (at, detail) => {
    problems.push(at === "" ? detail : `${at}: ${detail}`);
  };
  const kernels = kernelsOf(parseJson(text, complain), dirname(file), complain);
  return problems.length === 0 ? ok({ file, kernels }) : err({ reason: "bad-fleet", file, problems });
}

function parseJson(text: string, complain: Complain): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    complain("", `it is not JSON: ${error.message}`);
    return undefined;
  }
}

function kernelsOf(value: unknown, folder: string, complain: Complain): readonly FleetKernel[] {
  if (value === undefined) return [];
  if (!isObject(value)) {
    complain("", `${jsonKind(value)}, where an object is expected`);
    return [];
  }
  const { $schema: _schema, schema, kernels, ...rest } = value;
  if (schema !== 1) complain("schema", `${jsonKind(schema)}: this version reads 1`);
  const own: FleetFields = FLEET_FIELDS;
  const { defaults } = checkFields(rest, own, { at: "", folder, complain });
  if (!Array.isArray(kernels) || kernels.length === 0) {
    complain("kernels", `${jsonKind(kernels)}, where a list of kernels is expected`);
    return [];
  }
  const checked = kernels.map((kernel: unknown, i) => {
    const at = `kernels[${i}]`;
    const fields = checkFields(kernel, KERNEL_FIELDS, { at, folder, complain });
    return kernelOf(fields, isObject(defaults) ? defaults : {}, at, complain);
  });
  const seen = new Map<string, number>();
  for (const [i, { name }] of checked.entries()) {
    // Some systems take names that differ in their case for one.
    const first = seen.get(name.toLowerCase());
    if (first !== undefined && name !== "") {
      complain(`kernels[${i}].name`, `"${name}" is the name of kernels[${first}], too`);
    } else seen.set(name.toLowerCase(), i);
  }
  return checked;
}

function kernelOf(own: Json, defaults: Json, at: string, complain: Complain): FleetKernel {
  const said = { ...defaults, ...own } as Partial<FleetKernel>;
  const limits = { ...(defaults["limits"] as object), ...(own["limits"] as object) } as Partial<
    PerPart<number>
  >;
  const btf = said.btf ?? said.image;
  if (btf === undefined && Object.keys(own).length > 0) {
    complain(at, "it has neither btf nor image");
  }
  if (said.image === undefined && limits.kernel === undefined && btf !== undefined) {
    complain(at, "it has neither image to measure nor limits.kernel");
  }
  const sign = said.sign as Partial<FleetSigning> | undefined;
  return {
    name: said.name ?? "",
    btf,
    image: said.image,
    arch: said.arch,
    abi: said.abi ?? "auto",
    limits: { kernel: limits.kernel, initrd: limits.initrd, cmdline: limits.cmdline },
    targets: said.targets ?? ["all"],
    targetFolders: said.targetFolders ?? [],
    verify: said.verify ?? [],
    sign: sign && {
      key: sign.key ?? "",
      certificate: sign.certificate ?? "",
      allowWeak: sign.allowWeak ?? false,
    },
    prove: said.prove ?? false,
  };
}
