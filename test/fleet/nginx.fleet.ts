import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FleetReport } from "#fleet/report.ts";
import { runProgram } from "../support/cli.ts";
import { fleetOutputs, writeFleet } from "../support/fleet.ts";
import { amd64Kernel } from "../support/real-inputs.ts";
import { until } from "../support/until.ts";

const cwd = mkdtempSync(join(tmpdir(), "fleet-nginx-"));
afterAll(() => rmSync(cwd, { recursive: true }));

let plain: ReadonlyMap<string, string>;
let nginx: ChildProcess | undefined;
let port: number;

beforeAll(async () => {
  writeFleet(cwd);
  port = await freePort();
  expect(await runProgram(["fleet", "run", "FLEET.json", "-o", "plain"], { cwd })).toMatchObject({
    status: 0,
  });
  plain = fleetOutputs(join(cwd, "plain"));
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = server.address() as AddressInfo;
      server.close(() => resolve(free));
    });
  });
}

/** A server as Bazel's documentation sets one up for a cache, on loopback. @param more of the location's settings */
async function startNginx(more = "client_max_body_size 1g;"): Promise<void> {
  const folder = join(cwd, "nginx");
  mkdirSync(folder, { recursive: true });
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join("\n  ");
  const config = join(folder, "nginx.conf");
  writeFileSync(
    config,
    `${process.getuid?.() === 0 ? "user root;\n" : ""}daemon off;
pid ${join(folder, "pid")};
error_log ${join(folder, "error.log")};
events {}
http {
  access_log off;
  ${paths}
  server {
    listen 127.0.0.1:${port};
    location /cache/ {
      root ${folder};
      dav_methods PUT;
      create_full_put_path on;
      ${more}
    }
  }
}
`,
  );
  nginx = spawn("/usr/sbin/nginx", ["-c", config, "-e", join(folder, "error.log")], { stdio: "inherit" });
  await until("nginx listens", () => existsSync(join(folder, "pid")));
}

afterEach(async () => {
  const running = nginx;
  nginx = undefined;
  if (running === undefined || running.exitCode !== null) return;
  running.kill("SIGTERM");
  await new Promise((resolve) => running.once("exit", resolve));
});

const url = () => `http://127.0.0.1:${port}/cache`;

async function run(out: string, ...more: readonly string[]): Promise<FleetReport> {
  const cache = ["--cache", url(), ...more];
  const { status, stdout, stderr } = await runProgram(
    ["fleet", "run", "FLEET.json", "-o", out, "--json", ...cache],
    { cwd },
  );
  expect([status, stderr]).toEqual([0, expect.any(String)]);
  expect(fleetOutputs(join(cwd, out)), "the outputs are those without a cache").toEqual(plain);
  return JSON.parse(stdout) as FleetReport;
}

describe("nginx with WebDAV", () => {
  it("takes what one machine builds, and gives it to the next, for build as well", async () => {
    await startNginx();
    const first = await run("first");
    expect(first.cache).toMatchObject({ hits: 0, troubles: [] });
    expect(first.cache?.stored).toBe(readdirSync(join(cwd, "nginx/cache/ac")).length);
    const second = await run("second");
    expect(second.cache).toMatchObject({ misses: 0, stored: 0, troubles: [] });
    const { bzImage, vmlinux } = amd64Kernel();
    const words = [
      "build",
      "--vmlinux",
      vmlinux,
      "--image",
      bzImage,
      "-o",
      "built",
      "--json",
      "--cache",
      url(),
    ];
    const limits = ["--max-kernel", "16711680", "--max-initrd", "67043328"];
    const built = await runProgram([...words, ...limits], { cwd });
    expect(JSON.parse(built.stdout).cache).toMatchObject({ hits: 5, misses: 0 });
  });

  it("that takes no more costs nothing but what it would have kept", async () => {
    rmSync(join(cwd, "nginx/cache"), { recursive: true, force: true });
    await startNginx("client_max_body_size 1k;");
    const { cache } = await run("full");
    expect(cache?.stored).toBe(0);
    expect(cache?.troubles.join()).toContain("413");
  });

  it("that gives a few bytes a second is left alone in time", async () => {
    await startNginx();
    await run("filling", "--cache-mode", "write");
    nginx?.kill("SIGTERM");
    await new Promise((resolve) => nginx?.once("exit", resolve));
    await startNginx("limit_rate 1k;");
    const { cache } = await run("slow", "--cache-mode", "read", "--cache-timeout", "1");
    expect(cache?.troubles.join()).toContain("no answer in time");
  });

  it("that is not there is told of, and done without", async () => {
    const { cache } = await run("down");
    expect(cache?.troubles.join()).toContain("ECONNREFUSED");
  });
});
