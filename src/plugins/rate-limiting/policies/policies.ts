import { LocalCounters } from "../../../pdk/counters/local-counters.js";
import { connectionKey, type RedisConfig } from "../../../pdk/redis/config.js";
import type { PdkRedis } from "../../../pdk/redis/connections.js";
import { UsedUpWindows } from "./cluster.js";
import { SyncedPolicy } from "./synced.js";

/** What the plugin keeps for the life of a gateway. */
export class Policies {
  readonly local = new LocalCounters();
  readonly usedUp = new UsedUpWindows();
  readonly #synced = new Map<string, SyncedPolicy>();
  readonly #keys = new WeakMap<RedisConfig, string>();

  /** The policy of all instances with the same server and the same interval. */
  synced(redis: PdkRedis, config: RedisConfig, syncRate: number): SyncedPolicy {
    let key = this.#keys.get(config);
    if (key === undefined) {
      key = connectionKey(config);
      this.#keys.set(config, key);
    }
    const whole = `${syncRate} ${key}`;
    let policy = this.#synced.get(whole);
    if (policy === undefined) {
      policy = new SyncedPolicy(redis, config, syncRate);
      this.#synced.set(whole, policy);
    }
    return policy;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#synced.values()].map((policy) => policy.close()));
  }
}
