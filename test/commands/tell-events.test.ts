import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { tellEvents } from "#commands/tell-events.ts";
import type { Io } from "#report/io.ts";
import { visible } from "#report/visible.ts";

let told: string[];
const io: Io = {
  stdout: (text) => told.push(`stdout: ${text}`),
  stderr: (text) => told.push(visible(text)),
  env: {},
  cwd: "/",
  terminal: { stdout: false, stderr: true },
  columns: 40,
  signal: new AbortController().signal,
};

beforeEach(() => {
  told = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

it("draws progress in one line, which is gone before any other", () => {
  const { emit, end } = tellEvents(io);
  vi.advanceTimersByTime(1000);
  emit({ kind: "progress", what: "planning", done: 1, total: 3 });
  emit({ kind: "note", text: "a note" });
  end();
  expect(told).toEqual(["\r\u001b[Kplanning: 1 of 3", "\r\u001b[K", "kexec-bpf: a note\n"]);
});

it("draws it in the command's own words, and takes it away at the end", () => {
  const { emit, end } = tellEvents(io, ({ done }) => `image ${done}`);
  vi.advanceTimersByTime(1000);
  emit({ kind: "progress", what: "", done: 2, total: 3 });
  end();
  expect(told).toEqual(["\r\u001b[Kimage 2", "\r\u001b[K"]);
});
