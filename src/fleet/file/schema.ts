import { unreachable } from "#core/unreachable.ts";
import { FLEET_FIELDS, type FleetField, type FleetFields, KERNEL_FIELDS, NAME, SIZE } from "./fields.ts";

type Schema = Readonly<Record<string, unknown>>;

/** FLEET.json's JSON Schema, as docs/fleet.schema.json has it. */
export function fleetSchema(): Schema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "FLEET.json of kexec-bpf fleet",
    type: "object",
    required: ["schema", "kernels"],
    additionalProperties: false,
    properties: {
      $schema: { type: "string" },
      schema: { const: 1 },
      ...properties(FLEET_FIELDS),
      kernels: { type: "array", minItems: 1, items: objectOf(KERNEL_FIELDS) },
    },
  };
}

function objectOf(fields: FleetFields): Schema {
  const required = Object.entries(fields).flatMap(([name, row]) => (row.required ? [name] : []));
  return {
    type: "object",
    ...(required.length > 0 && { required }),
    additionalProperties: false,
    properties: properties(fields),
  };
}

function properties(fields: FleetFields): Schema {
  return Object.fromEntries(
    Object.entries(fields).map(([name, row]) => [name, { description: row.describe, ...schemaOf(row) }]),
  );
}

function schemaOf({ type, choices, fields }: FleetField): Schema {
  switch (type) {
    case "name":
      return { type: "string", pattern: NAME.source };
    case "path":
    case "arch":
      return { type: "string", minLength: 1 };
    case "paths":
    case "words":
      return { type: "array", items: { type: "string", minLength: 1 } };
    case "choice":
      return { enum: choices };
    case "size":
      return {
        anyOf: [
          { type: "integer", minimum: 1 },
          { type: "string", pattern: SIZE.source },
        ],
      };
    case "flag":
      return { type: "boolean" };
    case "object":
      return objectOf(fields ?? {});
    default:
      return unreachable(type);
  }
}
