// A port: one of two connected ends through which frames of bytes go, whole and in order. Knows nothing of what is in them.

/**
 * `send` never throws; what is sent into a closed port is lost. Set the listeners right after the port was given:
 * a frame that arrives without a listener is lost too. `onClose` is called once, also after one's own `close`.
 */
export interface Port {
  send(frame: Uint8Array): void;
  onMessage(listener: (frame: Uint8Array) => void): void;
  onClose(listener: (reason: string) => void): void;
  close(): void;
}

/**
 * Why a port was closed: by this side; by the network or the other side without a word; because the worker died (it
 * comes back); because the token or the origin is not valid; because Pinhole was ended. Other ends may give other reasons.
 */
export const closeReasons = ['closed', 'lost', 'worker', 'refused', 'ended'] as const;
export type CloseReason = (typeof closeReasons)[number];

/** Two connected ends in one process. Frames arrive in a later microtask, as through any other port not within `send`. */
export function connectedPorts(): [Port, Port] {
  const left = new Loop();
  const right = new Loop();
  left.other = right;
  right.other = left;
  return [left, right];
}

/** What every port is made of: its listeners, and that it ends once. How frames leave it is for those that extend it. */
export abstract class PortEnd implements Port {
  #onMessage: (frame: Uint8Array) => void = () => {};
  readonly #onClose: ((reason: string) => void)[] = [];
  #open = true;

  get open(): boolean {
    return this.#open;
  }

  abstract send(frame: Uint8Array): void;
  abstract close(): void;

  onMessage(listener: (frame: Uint8Array) => void): void {
    this.#onMessage = listener;
  }

  onClose(listener: (reason: string) => void): void {
    this.#onClose.push(listener);
  }

  /** A frame has arrived; into a closed port it is lost. */
  receive(frame: Uint8Array): void {
    if (this.#open) this.#onMessage(frame);
  }

  /** Tells who listens, the first time only. */
  end(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.ended(reason);
    for (const listener of this.#onClose) listener(reason);
  }

  /** For those that have something to put in order before the listeners hear. */
  protected ended(_reason: string): void {}
}

class Loop extends PortEnd {
  other: Loop | undefined;

  send(frame: Uint8Array): void {
    if (this.open) queueMicrotask(() => this.other!.receive(frame));
  }

  close(): void {
    this.end('closed' satisfies CloseReason);
    queueMicrotask(() => this.other!.end('lost' satisfies CloseReason));
  }
}
