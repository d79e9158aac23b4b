import { SchemaViolationError } from "../../errors/dao-errors.js";
import { isObject } from "../../schema/values.js";
import { EntityDao, type Verification } from "../entity-dao.js";
import type { Values } from "../entity-reads.js";
import { foreignId } from "../keys.js";
import { listing } from "./listing.js";

/** A plugin on a route, or on a service, must act on some protocol that it has there. */
export class PluginsDao extends EntityDao {
  /** @see PluginMethods.selectByCaCertificate */
  selectByCaCertificate(id: string, limit?: number, names?: string | readonly string[]): Promise<Record<string, unknown>[]> {
    const wanted = typeof names === "string" ? [names] : names;
    return listing(this, limit, ({ name, config }) => {
      const listed = isObject(config) ? config.ca_certificates : undefined;
      return Array.isArray(listed) && listed.includes(id) && wanted?.includes(String(name)) !== false;
    });
  }

  protected override async verify(record: Values, { operation, input }: Verification): Promise<void> {
    const names = operation === "update" ? ["protocols", "service", "route"] : ["protocols"];
    // Kong looks at what was given: the default protocols are never checked.
    if (!names.some((name) => input[name] !== undefined) || !Array.isArray(record.protocols)) return;
    const routeId = foreignId(record.route);
    const serviceId = foreignId(record.service);
    if (routeId !== undefined) await this.#assertRoute(routeId, record.protocols);
    else if (serviceId !== undefined) await this.#assertService(serviceId, record.protocols);
  }

  async #assertRoute(id: string, protocols: readonly unknown[]): Promise<void> {
    const route = await this.context.dao("routes")?.select(id, { fresh: true });
    if (route && !shareOne(route.protocols, protocols)) {
      throw new SchemaViolationError({ protocols: "must match the associated route's protocols" });
    }
  }

  async #assertService(id: string, protocols: readonly unknown[]): Promise<void> {
    let hasRoutes = false;
    for await (const route of this.context.dao("routes")?.eachFor("service", id, undefined, { fresh: true }) ?? []) {
      if (shareOne(route.protocols, protocols)) return;
      hasRoutes = true;
    }
    if (!hasRoutes) return;
    const message = "must match the protocols of at least one route pointing to this Plugin's service";
    throw new SchemaViolationError({ protocols: message });
  }
}

function shareOne(own: unknown, others: readonly unknown[]): boolean {
  return Array.isArray(own) && own.some((protocol) => others.includes(protocol));
}
