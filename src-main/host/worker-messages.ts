// What a front and its worker tell each other beside the frames of windows. Both sides check it, for one of them may be older.
import * as v from 'valibot';

const channel = v.pipe(v.number(), v.integer(), v.minValue(1));

export const toWorkerSchema = v.variant('type', [
  /** The first message. `resumeTasks`: those that ran when the last worker died go on by themselves. */
  v.object({
    type: v.literal('start'),
    workspace: v.string(),
    command: v.string(),
    roots: v.array(v.string()),
    allowed: v.array(v.string()),
    resumeTasks: v.boolean(),
  }),
  /** A person picked or dropped this path: it may be read, and written where it is a folder. */
  v.object({ type: v.literal('allow'), path: v.string() }),
  v.object({ type: v.literal('open'), channel }),
  v.object({ type: v.literal('close'), channel }),
  /** Interrupt what runs, put everything in order, end. */
  v.object({ type: v.literal('end') }),
]);
export type ToWorker = v.InferOutput<typeof toWorkerSchema>;

export const toFrontSchema = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  /** The workspace could not be opened; the worker ends. */
  v.object({
    type: v.literal('failed'),
    error: v.object({ code: v.string(), message: v.string(), advice: v.string(), cause: v.optional(v.string()) }),
  }),
  v.object({
    type: v.literal('notice'),
    notice: v.object({ level: v.picklist(['info', 'warning']), message: v.string(), advice: v.optional(v.string()) }),
  }),
  /** The worker closed this channel, or does not know it. */
  v.object({ type: v.literal('close'), channel, reason: v.string() }),
]);
export type ToFront = v.InferOutput<typeof toFrontSchema>;
