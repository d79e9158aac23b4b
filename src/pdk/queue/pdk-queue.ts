import type { RequestContext, RunningPlugin } from "../request-context.js";
import { type OldQueueParameters, type QueueOptions, type QueueParameters, withOldParameters } from "./parameters.js";
import type { QueueSender } from "./queue.js";

const nobody: RunningPlugin = { name: "", id: "", instanceName: null };

/** Batching queues, for plugins that tell others about requests without letting requests wait for it. */
export class PdkQueue {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /**
   * Puts an entry into the queue of that name, which sends it behind the request, together with others: when a batch is full, or when
   * its first entry has waited long enough. A batch that could not be sent is tried again; while the receiver is away, entries pile up
   * within the limits, and beyond them the oldest are dropped. `gateway.close()` sends what is left, within its grace.
   *
   * The parameters that count are those of the entry that found no queue; sender and config are the latest ones.
   *
   * @param options - parameters under Kong's names, and the queue's name
   * @param sender - sends a batch; what it throws or rejects with is logged, and the batch tried again
   * @param config - handed to the sender
   * @param entry - `max_bytes` counts texts and buffers
   * @example
   * ```ts
   * log(pdk, config) {
   *   pdk.queue.enqueue(config.queue, send, config, JSON.stringify(pdk.log.serialize()));
   * }
   * ```
   */
  enqueue<C, T>(options: QueueOptions, sender: QueueSender<C, T>, config: C, entry: T): void {
    const { node, plugin } = this.#context;
    node.queues.add(plugin ?? nobody, options, sender, config, entry);
  }

  /**
   * The parameters of a configuration that may hold those of old versions too (`retry_count`, `queue_size`, `flush_timeout`,
   * `batch_span_count`, `batch_flush_delay`), which win over those in `queue`. Each old one is warned of, once a minute at most.
   */
  parameters<P extends Partial<QueueParameters>>(config: OldQueueParameters & { readonly queue: P }): P {
    const { node, plugin } = this.#context;
    return withOldParameters(config, (name, message) => node.queues.deprecated(plugin ?? nobody, name, message));
  }
}
