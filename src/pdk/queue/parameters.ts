/** How a queue collects and sends, under Kong's names: the record `queue` of a plugin's configuration. Times are in seconds. */
export interface QueueParameters {
  /** Entries that the sender gets at once, at most. */
  readonly max_batch_size: number | null;
  /** How long the first entry waits for others. */
  readonly max_coalescing_delay: number | null;
  /** Entries that wait, at most; then the oldest go. */
  readonly max_entries: number | null;
  /** Bytes of texts and buffers that wait, at most; then the oldest go. `null`: no limit. */
  readonly max_bytes: number | null;
  /** How long after its first try a batch is tried again; -1: never again. */
  readonly max_retry_time: number | null;
  /** The first wait between tries; doubled with each. */
  readonly initial_retry_delay: number | null;
  /** The longest wait between tries. */
  readonly max_retry_delay: number | null;
  /** 1: one batch at a time, in order. -1: each entry by itself and at once, without limits. */
  readonly concurrency_limit: number | null;
}

/** What {@link PdkQueue.enqueue} takes: the parameters, and optionally a name. Those left out have Kong's defaults. */
export interface QueueOptions extends Partial<QueueParameters> {
  /** Entries of one plugin under one name share a queue. Default: the id of the plugin instance. */
  readonly name?: string;
}

/** All parameters, filled in; milliseconds in place of seconds. */
export interface QueueLimits {
  readonly batchSize: number;
  readonly coalescingDelay: number;
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly retryTime: number;
  readonly firstRetryDelay: number;
  readonly longestRetryDelay: number;
  readonly isUnlimited: boolean;
}

export function queueLimits(options: QueueOptions): QueueLimits {
  const seconds = (value: number | null | undefined, fallback: number): number => (value ?? fallback) * 1000;
  return {
    batchSize: options.max_batch_size ?? 1,
    coalescingDelay: seconds(options.max_coalescing_delay, 1),
    maxEntries: options.max_entries ?? 10_000,
    maxBytes: options.max_bytes ?? Number.POSITIVE_INFINITY,
    retryTime: seconds(options.max_retry_time, 60),
    firstRetryDelay: seconds(options.initial_retry_delay, 0.01),
    longestRetryDelay: seconds(options.max_retry_delay, 60),
    isUnlimited: options.concurrency_limit === -1,
  };
}

/** The parameters that log plugins had before they shared a queue. They win over the new ones when they differ from their old defaults. */
export interface OldQueueParameters {
  readonly retry_count?: number | null;
  readonly queue_size?: number | null;
  readonly flush_timeout?: number | null;
  readonly batch_span_count?: number | null;
  readonly batch_flush_delay?: number | null;
}

const replaced = {
  queue_size: { oldDefault: 1, by: "max_batch_size" },
  flush_timeout: { oldDefault: 2, by: "max_coalescing_delay" },
  batch_span_count: { oldDefault: 200, by: "max_batch_size" },
  batch_flush_delay: { oldDefault: 3, by: "max_coalescing_delay" },
} as const satisfies Readonly<Partial<Record<keyof OldQueueParameters, { oldDefault: number; by: keyof QueueParameters }>>>;

/**
 * The parameters of a configuration that may hold old ones.
 *
 * @param deprecated - told of each old one that is used
 */
export function withOldParameters<P extends Partial<QueueParameters>>(
  config: OldQueueParameters & { readonly queue: P },
  deprecated: (name: string, message: string) => void,
): P {
  if ((config.retry_count ?? 10) !== 10) {
    deprecated("retry_count", "the retry_count parameter has no effect any more: use queue.max_retry_time");
  }
  let parameters = config.queue;
  for (const [name, { oldDefault, by }] of Object.entries(replaced)) {
    const value = config[name as keyof typeof replaced] ?? oldDefault;
    if (value === oldDefault) continue;
    deprecated(name, `the ${name} parameter is deprecated: use queue.${by}`);
    parameters = { ...parameters, [by]: value };
  }
  return parameters;
}
