/** What `postern config init` writes: it loads as it is, and every example does once its comment signs are gone. */
export const skeleton = `# yaml-language-server: $schema=./node_modules/postern/dist/schema.json
#
# The configuration of a gateway. Check it with   postern config parse gateway.yml
# and serve it with                               postern start --config gateway.yml --watch

# The version of this format. Quotes are needed: without them it would be a number.
_format_version: "3.0"

# Passwords below are written in clear text and are hashed when the file is read.
_transform: true

_comment: What stands here is for people. Any entity may have a _comment of its own.

# Not read either: a place for things that are used in more places than one.
_ignore:
  - first
  - second

# Services are where requests go to, routes are which requests go there. What belongs to something may stand inside of it.
#
# services:
#   - name: orders
#     url: http://127.0.0.1:9000/v1
#     tags: [example]
#     routes:
#       - name: orders
#         paths: [/orders]
#         plugins:
#           - name: key-auth
#   - name: users
#     host: users.internal
#     port: 8080
#     protocol: http

# Or it stands beside it, and names it.
#
# routes:
#   - name: users
#     service: users
#     hosts: [users.example.com]

# Consumers are who asks. Credentials and limits of their own stand inside of them.
#
# consumers:
#   - username: alice
#     keyauth_credentials:
#       - key: a-secret-of-alice
#     plugins:
#       - name: rate-limiting
#         _comment: Alice may ask more often than others.
#         config:
#           policy: local
#           second: 5
#           hour: 10000

# A plugin that is about a consumer and a service stands at the top.
#
# plugins:
#   - name: rate-limiting
#     consumer: alice
#     service: orders
#     config:
#       policy: local
#       hour: 20000
#     tags: [example]
`;
