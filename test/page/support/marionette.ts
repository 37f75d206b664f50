import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

type Answer = readonly [type: number, id: number, error: { readonly message: string } | null, value: unknown];

/**
 * Firefox as Debian has it, driven by Marionette, the protocol below geckodriver, which Debian has not; playwright-core wants a Firefox of
 * its own, or commands of WebDriver BiDi that this one lacks. Messages are JSON behind their length in digits and a colon.
 *
 * Source: Firefox, testing/marionette/doc/Protocol.md.
 */
export class Marionette {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #received = Buffer.alloc(0);
  #last = 0;

  private constructor(child: ChildProcess, profile: string, socket: Socket) {
    this.#child = child;
    this.#profile = profile;
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#take();
    });
  }

  static async start(program: string): Promise<Marionette> {
    const profile = mkdtempSync(join(tmpdir(), "kexec-bpf-firefox-"));
    writeFileSync(join(profile, "user.js"), 'user_pref("marionette.port", 0);\n');
    const child = spawn(
      program,
      ["--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", profile],
      {
        stdio: "ignore",
        env: { ...process.env, HOME: profile },
      },
    );
    const port = await chosenPort(profile, child);
    const socket = connect(port, "127.0.0.1");
    const browser = new Marionette(child, profile, socket);
    await browser.call("WebDriver:NewSession", { capabilities: {} });
    return browser;
  }

  /** Errors of the browser are thrown. */
  async call(command: string, parameters: object): Promise<unknown> {
    const id = ++this.#last;
    const message = JSON.stringify([0, id, command, parameters]);
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.write(`${Buffer.byteLength(message)}:${message}`);
    const [, , error, value] = await answered;
    if (error !== null) throw new Error(`${command}: ${error.message}`);
    return value;
  }

  /** What a script in the page returns. */
  async evaluate(script: string): Promise<unknown> {
    const { value } = (await this.call("WebDriver:ExecuteScript", { script, args: [] })) as {
      value: unknown;
    };
    return value;
  }

  /** Presses a key so many times, at the element that has the focus. */
  async press(key: string, times: number): Promise<void> {
    const one = [
      { type: "keyDown", value: key },
      { type: "keyUp", value: key },
    ];
    const actions = Array.from({ length: times }, () => one).flat();
    await this.call("WebDriver:PerformActions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  /** What scripts of pages have got wrong, and what was refused to them, by the browser's own console. */
  async troubles(): Promise<readonly string[]> {
    await this.call("Marionette:SetContext", { value: "chrome" });
    const script =
      "return Services.console.getMessageArray().filter((m) => String(m.sourceName ?? '').startsWith('file:')).map(String)";
    const found = (await this.evaluate(script)) as readonly string[];
    await this.call("Marionette:SetContext", { value: "content" });
    return found;
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    await this.call("Marionette:Quit", { flags: ["eForceQuit"] });
    await ended;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #take(): void {
    for (;;) {
      const colon = this.#received.indexOf(":");
      if (colon < 0) return;
      const end = colon + 1 + Number(this.#received.subarray(0, colon));
      if (this.#received.length < end) return;
      const message: unknown = JSON.parse(this.#received.subarray(colon + 1, end).toString());
      this.#received = this.#received.subarray(end);
      // The first one says who is there, and answers nothing.
      if (Array.isArray(message)) this.#waiting.get(message[1])?.(message as unknown as Answer);
    }
  }
}

/** Firefox writes the port that it got into its profile. */
async function chosenPort(profile: string, child: ChildProcess): Promise<number> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Firefox ended with status ${child.exitCode}`);
    try {
      const port = Number(readFileSync(join(profile, "MarionetteActivePort"), "utf8"));
      if (port > 0) return port;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
    await pause(100);
  }
}
