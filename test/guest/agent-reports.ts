import { ByteWriter } from "#bytes/writer.ts";

/** One report as bpf/agent/agent.h lays it out. */
export function agentReport(kind: number, id: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  return new ByteWriter(12 + payload.length).u32(0, kind).u32(4, id).u32(8, payload.length).put(12, payload)
    .bytes;
}

/** Little-endian words; negative ones as two's complement. */
export function words(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(Buffer.from(Int32Array.from(values).buffer));
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

export const START = agentReport(1, 0, Buffer.from("6.12.0-test"));
export const FINISH = agentReport(8, 0, Buffer.from("4096\n"));

export const loaded = (id: number, error = 0, problem = "", log = ""): Uint8Array =>
  agentReport(2, id, joined(words(error, 800, 700), Buffer.from(`${problem}\0${log}`)));
export const begin = (id: number): Uint8Array => agentReport(3, id);
export const buffer = (id: number, bytes: Uint8Array, answer = 0): Uint8Array =>
  agentReport(4, id, joined(words(bytes.length, answer), bytes));
export const end = (id: number, ...counts: readonly number[]): Uint8Array =>
  agentReport(7, id, words(0, ...counts, ...Array(4 - counts.length).fill(0)));
