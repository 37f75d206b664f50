import type { Memory } from "#bpf-vm/memory/memory.ts";
import { latin1 } from "#bytes/reader.ts";

/** Longer texts are cut (MAX_BPRINTF_BUF), in bytes. */
const MAX_TEXT = 1023;

/**
 * Formats as `bpf_bprintf_prepare` and `snprintf` do: %d %i %u %x %X with l or ll, %c, %s, %p, %%, flags
 * `0 + - ` and a width. Undefined where the kernel answers -EINVAL: an unknown conversion, too few values,
 * a character that is not printable ASCII.
 *
 * Pointers are printed raw, as %px is: the kernel's %p gives a hash that differs at each boot.
 * Texts are read from `memory` by their address; one that cannot be read is empty.
 */
export function formatPrintk(format: string, values: readonly bigint[], memory: Memory): string | undefined {
  if (!/^[\t-\r\x20-\x7e]*$/.test(format)) return undefined;
  let used = 0;
  let valid = true;
  const text = format.replace(
    /%(?:(%)|([0 +-]*)(\d*)(l{0,2})([diuxX])|([0 +-]*)(\d*)([cs])|([0 +-]*)(\d*)(?:p[xKsSB]?)(?![\w])|)/g,
    (whole, percent, flags, width, long, integer, flags2, width2, text, flags3, width3) => {
      if (percent !== undefined) return "%";
      const value = values[used++];
      if (whole === "%" || value === undefined) {
        valid = false;
        return "";
      }
      if (integer !== undefined) return pad(integerText(value, integer, long, flags), flags, width);
      if (text === "c") return pad(String.fromCharCode(Number(value & 0xffn)), flags2, width2);
      if (text === "s") return pad(textAt(memory, value), flags2, width2);
      return pad(value.toString(16).padStart(16, "0"), flags3 ?? "", width3 ?? "");
    },
  );
  return valid ? text.slice(0, MAX_TEXT) : undefined;
}

function integerText(value: bigint, conversion: string, long: string, flags: string): string {
  const bits = long === "" ? 32 : 64;
  const unsigned = BigInt.asUintN(bits, value);
  if (conversion === "x") return unsigned.toString(16);
  if (conversion === "X") return unsigned.toString(16).toUpperCase();
  const number = conversion === "u" ? unsigned : BigInt.asIntN(bits, value);
  const sign =
    number >= 0n && conversion !== "u" ? (flags.includes("+") ? "+" : flags.includes(" ") ? " " : "") : "";
  return sign + number.toString();
}

function pad(text: string, flags: string, width: string): string {
  const length = Number(width);
  if (flags.includes("-")) return text.padEnd(length);
  if (!flags.includes("0")) return text.padStart(length);
  const sign = /^[+\- ]?/.exec(text)?.[0] ?? "";
  return sign + text.slice(sign.length).padStart(length - sign.length, "0");
}

/** The text at an address, as the kernel's `strncpy_from_kernel_nofault` finds it. */
function textAt(memory: Memory, address: bigint, limit = MAX_TEXT): string {
  const high = Number(BigInt.asIntN(32, address >> 32n));
  const low = Number(BigInt.asIntN(32, address));
  const room = Math.min(limit, memory.room(high, low));
  const bytes = room === 0 ? undefined : memory.peek(high, low, room);
  if (bytes === undefined) return "";
  const end = bytes.indexOf(0);
  return end < 0 && room < limit ? "" : latin1(end < 0 ? bytes : bytes.subarray(0, end));
}
