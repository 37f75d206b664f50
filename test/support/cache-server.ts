import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a server does with a request, after what it has on its shelves. */
export type Behaviour = (request: {
  readonly method: string;
  readonly path: string;
  /** What is there. */
  readonly stored: Buffer | undefined;
  readonly response: ServerResponse;
  /** As a good server does. */
  readonly answer: () => void;
}) => void;

export const GOOD: Behaviour = ({ answer }) => answer();

export type CacheServer = {
  readonly url: URL;
  /** By path, such as `/ac/HASH`. */
  readonly shelves: Map<string, Buffer>;
  /** `GET /ac/HASH`, in their order. */
  readonly requests: string[];
  readonly authorizations: Set<string | undefined>;
  behave: Behaviour;
  readonly close: () => Promise<void>;
};

/** A cache on loopback that speaks Bazel's HTTP protocol, and can be told to do so badly. */
export async function cacheServer(): Promise<CacheServer> {
  const shelves = new Map<string, Buffer>();
  const requests: string[] = [];
  const authorizations = new Set<string | undefined>();
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const path = request.url ?? "";
      const method = request.method ?? "";
      requests.push(`${method} ${path}`);
      authorizations.add(request.headers.authorization);
      const stored = shelves.get(path);
      const answer = () => {
        if (method === "PUT") shelves.set(path, body);
        response.statusCode = method === "PUT" ? 201 : stored === undefined ? 404 : 200;
        response.end(method === "PUT" ? undefined : stored);
      };
      one.behave({ method, path, stored, response, answer });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const one: CacheServer = {
    ...{ shelves, requests, authorizations, behave: GOOD },
    url: new URL(`http://127.0.0.1:${port}`),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return one;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
