import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

/** The value of an option as the user wrote it, such as a relative path. */
export function wordOf<Row extends CommandRow>(
  { said }: Read<Row>,
  name: keyof Row["options"] & string,
): string | undefined {
  return said.find((one) => one.name === name)?.value;
}
