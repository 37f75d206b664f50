import { expect, it } from "vitest";
import { formatPrintk } from "#bpf-vm/helpers/printk.ts";
import { addressOf, Memory, REGION_LOW } from "#bpf-vm/memory/memory.ts";

const memory = new Memory();
const text = memory.add({
  kind: "kernel-buffer",
  name: "text",
  size: 10,
  bytes: Buffer.from("hello\0word"),
  access: "none",
});
const hello = addressOf(text.high, REGION_LOW);

it.each([
  ["plain", [], "plain"],
  ["%d %i", [0xffffffffn, 5n], "-1 5"],
  ["%u", [0xffffffffffffffffn], "4294967295"],
  ["%ld %lld", [0xffffffffffffffffn, 1n << 40n], "-1 1099511627776"],
  ["%lu %llu", [0xffffffffffffffffn, 7n], "18446744073709551615 7"],
  ["%x %X %lx", [0x1deadbeefn, 0xabcn, 0xdeadbeefcafen], "deadbeef ABC deadbeefcafe"],
  ["%5d|%-5d|%05d|%+d", [42n, 42n, 0xffffffd6n, 3n], "   42|42   |-0042|+3"],
  ["%s!", [hello], "hello!"],
  ["%s!", [hello + 6n], "!"],
  ["%s!", [0n], "!"],
  ["%c%c", [72n, 105n], "Hi"],
  ["%p %px", [0xff00n, 1n], "000000000000ff00 0000000000000001"],
  ["100%%", [], "100%"],
])("formats %s", (format, values, expected) => {
  expect(formatPrintk(format, values, memory)).toBe(expected);
});

it.each([
  ["%d", []],
  ["%q", [1n]],
  ["%", [1n]],
  ["%lld %hd", [1n, 2n]],
  ["caf\u00e9", []],
  ["bell\u0007", []],
])("refuses %s as the kernel does", (format, values) => {
  expect(formatPrintk(format, values, memory)).toBeUndefined();
});
