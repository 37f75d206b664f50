/** `ac`: what came of an action, by the action's key. `cas`: bytes, by their SHA-256. */
export type Shelf = "ac" | "cas";

/** Why a cache did not do what it was asked; nothing worse follows than that the work is done here. */
export type Trouble = {
  readonly kind: "trouble";
  readonly detail: string;
  /** Asking for something else would take as long, and end in the same way. */
  readonly lasting: boolean;
};

/** A place that keeps bytes for other machines. It may say anything: who asks checks what comes. */
export type CacheStore = {
  /** As messages call it, without passwords. */
  readonly name: string;
  /**
   * Undefined where there is nothing.
   *
   * @param most more bytes than these are a trouble
   */
  readonly get: (shelf: Shelf, hash: string, most: number) => Promise<Uint8Array | undefined | Trouble>;
  readonly put: (shelf: Shelf, hash: string, bytes: Uint8Array) => Promise<Trouble | undefined>;
  /** Lets connections go. */
  readonly close: () => void;
};

export function trouble(detail: string, lasting: boolean): Trouble {
  return { kind: "trouble", detail, lasting };
}

export function isTrouble(value: Uint8Array | Trouble | undefined): value is Trouble {
  return value !== undefined && "kind" in value;
}
