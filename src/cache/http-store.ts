import * as http from "node:http";
import * as https from "node:https";
import { type CacheStore, type Shelf, type Trouble, trouble } from "./store.ts";

/** Connections at a time: more would wait for each other's bytes. */
const CONNECTIONS = 8;

type Answer = { readonly status: number; readonly body: Uint8Array };

/**
 * A cache that speaks Bazel's HTTP protocol: GET and PUT of `URL/ac/HASH` and `URL/cas/HASH`. Name and password in the URL are sent
 * as HTTP's basic authentication.
 *
 * @param timeout milliseconds that one request may take
 */
export function httpStore(url: URL, timeout: number): CacheStore {
  const client = url.protocol === "https:" ? https : http;
  const agent = new client.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const base = url.pathname.replace(/\/+$/, "");
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization =
    url.username === "" ? {} : { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
  const ask = (method: "GET" | "PUT", shelf: Shelf, hash: string, most: number, body?: Uint8Array) =>
    exchange(
      client.request({
        protocol: url.protocol,
        hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
        port: url.port,
        path: `${base}/${shelf}/${hash}`,
        method,
        agent,
        headers: {
          ...authorization,
          ...(body && { "content-length": body.length, "content-type": "application/octet-stream" }),
        },
        signal: AbortSignal.timeout(timeout),
      }),
      most,
      body,
    );
  return {
    name: `${url.protocol}//${url.host}${base}`,
    get: async (shelf, hash, most) => {
      const answer = await ask("GET", shelf, hash, most);
      if ("kind" in answer) return answer;
      if (answer.status === 200) return answer.body;
      return answer.status === 404 || answer.status === 410 ? undefined : refused(answer.status);
    },
    put: async (shelf, hash, bytes) => {
      const answer = await ask("PUT", shelf, hash, MOST_TALK, bytes);
      if ("kind" in answer) return answer;
      return answer.status >= 200 && answer.status < 300 ? undefined : refused(answer.status);
    },
    close: () => agent.destroy(),
  };
}

/** Bytes of an answer to PUT that are read. */
const MOST_TALK = 64 * 1024;

/** Who may not read or write now may not later. */
function refused(status: number): Trouble {
  return trouble(`HTTP status ${status}`, [401, 403, 405, 407, 413, 507].includes(status));
}

function exchange(
  request: http.ClientRequest,
  most: number,
  body: Uint8Array | undefined,
): Promise<Answer | Trouble> {
  return new Promise((resolve) => {
    const fail = (error: Error) => {
      resolve(trouble(words(error), isLasting(error)));
      request.destroy();
    };
    request.on("error", fail);
    request.on("response", (response) => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      response.on("error", fail);
      response.on("data", (chunk: Uint8Array) => {
        size += chunk.length;
        if (size > most) fail(new Error(`an answer of more than ${most} bytes`));
        else chunks.push(chunk);
      });
      response.on("end", () => {
        if (response.complete) resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) });
        else fail(new Error("the answer ends early"));
      });
    });
    request.end(body);
  });
}

function words(error: Error): string {
  if (error.name === "TimeoutError" || error.name === "AbortError") return "no answer in time";
  return "code" in error && typeof error.code === "string" && error.message === ""
    ? error.code
    : error.message;
}

/** A server that is away, or slow, is so for the next request, too. */
function isLasting(error: Error): boolean {
  return "code" in error && error.code !== "ECONNRESET" && error.code !== "EPIPE";
}
