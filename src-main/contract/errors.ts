// Coded errors: what happened, in a sentence a person understands, and what to do next. No Node, no DOM.

/** Every expected failure has one of these codes; `internal` in front of a message means that it is our bug. */
export type ErrorCode =
  | 'usage' // the command or setting is off; nothing was done
  | 'source-missing' // a path that was named does not exist or may not be read
  | 'source-empty' // no image was found where images were expected
  | 'image-unreadable' // one file is damaged or not what its name says
  | 'image-too-large' // over the limit on pixels; the person can raise it
  | 'format-unsupported' // a format that is known but not decoded, with advice
  | 'archive-unsafe' // an archive member that would leave the target folder
  | 'file-damaged' // one of Pinhole's own files, or an array file, is truncated or malformed
  | 'spec-invalid' // a model or training setting that cannot work, naming layer and shapes
  | 'workspace-locked' // another process holds the writer lock
  | 'disk-full' // a write failed for lack of space
  | 'device-unavailable' // the device asked for cannot be used here
  | 'device-lost' // the device failed in the middle of work
  | 'training-diverged' // loss exploded more often than training may recover
  | 'not-found' // no such data set, run or model
  | 'cancelled' // a person stopped it
  | 'refused' // not allowed: no valid token, a foreign page, a path outside the allowed folders, too much at once
  | 'disconnected' // the connection was lost before the answer came; whether it was done is not known
  | 'internal';

/**
 * An error a person can act on. `advice` says what to do next and is empty only where nothing can be done.
 * Code, message, advice and cause survive `toJSON` → `fromJSON`, so they survive the trip across processes.
 */
export class PinholeError extends Error {
  readonly code: ErrorCode;
  readonly advice: string;

  constructor(code: ErrorCode, message: string, advice = '', options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'PinholeError';
    this.code = code;
    this.advice = advice;
  }

  toJSON(): SerializedError {
    const { code, message, advice } = this;
    return this.cause === undefined ? { code, message, advice } : { code, message, advice, cause: String(this.cause) };
  }

  static fromJSON(error: SerializedError): PinholeError {
    return new PinholeError(error.code, error.message, error.advice, { cause: error.cause });
  }

  /** Any thrown value as a PinholeError: an unexpected one becomes `internal`, a full disk `disk-full`. */
  static from(error: unknown): PinholeError {
    if (error instanceof PinholeError) return error;
    const { code, message } = error as { code?: string; message?: string };
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      return new PinholeError(
        'disk-full',
        `The disk is full: ${message}`,
        'Free some space and run the same again; what was written is kept.',
        { cause: error },
      );
    }
    return new PinholeError(
      'internal',
      `internal: ${message ?? String(error)}`,
      'This is a fault in Pinhole; please report it with the details.',
      { cause: error },
    );
  }
}

export interface SerializedError {
  code: ErrorCode;
  message: string;
  advice: string;
  cause?: string;
}

/** Throws `cancelled` when the signal has been raised; call it between units of long work. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new PinholeError('cancelled', 'Stopped.', 'Run the same again to go on from here.');
}
