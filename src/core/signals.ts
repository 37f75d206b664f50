const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Lets the signals that end a program end this one at once while `work` goes on: their handlers stand aside. For waiting and for
 * long calculations, during which no handler would get its turn, where there is nothing to be tidied up.
 */
export async function standingAside<T>(work: () => Promise<T>): Promise<T> {
  const handlers = ENDING.map((signal) => [signal, process.listeners(signal)] as const);
  for (const [signal, listeners] of handlers) for (const one of listeners) process.off(signal, one);
  try {
    return await work();
  } finally {
    for (const [signal, listeners] of handlers) for (const one of listeners) process.on(signal, one);
  }
}
