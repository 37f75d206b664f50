import { test } from "vitest";
import { measureImage } from "#kernel/measure.ts";
import { readKernelBtf } from "#kernel/kernel-btf.ts";
import { amd64Kernel, arm64Image, loong64Zboot } from "../support/real-inputs.ts";
test("x", async () => {
  const k = amd64Kernel();
  console.log(k, await measureImage(k.bzImage));
  for (const f of [k.bzImage, k.vmlinux, loong64Zboot(), arm64Image()]) {
    const t = performance.now();
    const r = await readKernelBtf(f);
    console.log(f, r.ok ? [r.value.steps, r.value.bytes.length] : r, performance.now() - t);
  }
  console.log(await measureImage(loong64Zboot()), await measureImage(arm64Image()));
});
