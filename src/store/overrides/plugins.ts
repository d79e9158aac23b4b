import { SchemaViolationError } from "../../errors/dao-errors.js";
import { EntityDao, type Verification } from "../entity-dao.js";
import type { Values } from "../entity-reads.js";
import { foreignId } from "../keys.js";

/** A plugin on a route, or on a service, must act on some protocol that it has there. */
export class PluginsDao extends EntityDao {
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
    const route = await this.context.dao("routes")?.select(id);
    if (route && !shareOne(route.protocols, protocols)) {
      throw new SchemaViolationError({ protocols: "must match the associated route's protocols" });
    }
  }

  async #assertService(id: string, protocols: readonly unknown[]): Promise<void> {
    let hasRoutes = false;
    for await (const route of this.context.dao("routes")?.eachFor("service", id) ?? []) {
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
