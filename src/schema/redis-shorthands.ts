import { bool, type Field, int, type Shorthand, type Shorthands, str } from "./field.js";

/**
 * The flat names that the fields of a plugin's record `redis` had before they became one.
 *
 * @param plugin - the plugin's name, for the warnings
 */
export function redisShorthands(plugin: string): Shorthands {
  const moved = (name: string, field: Field): Shorthand => ({
    field,
    expand: (value) => ({ redis: { [name]: value } }),
    deprecated: {
      message: `${plugin}: config.redis_${name} is deprecated, please use config.redis.${name} instead`,
      removalInVersion: "4.0",
      replacedBy: `redis.${name}`,
    },
  });
  return {
    redis_host: moved("host", str()),
    redis_port: moved("port", int()),
    redis_password: moved("password", str({ lenMin: 0 })),
    redis_username: moved("username", str()),
    redis_ssl: moved("ssl", bool()),
    redis_ssl_verify: moved("ssl_verify", bool()),
    redis_server_name: moved("server_name", str()),
    redis_timeout: moved("timeout", int()),
    redis_database: moved("database", int()),
  };
}
