/** Paths of resource and scope. */

import { map, small, text, type Context } from "./fields.ts";

export const resource: Context = {
  attributes: map((item) => item.resource.resource.attributes),
  dropped_attributes_count: small(
    (item) => item.resource.resource,
    "droppedAttributesCount",
    "uint32",
  ),
  schema_url: text((item) => item.resource, "schemaUrl"),
};

export const scope: Context = {
  name: text((item) => item.scope!.scope, "name"),
  version: text((item) => item.scope!.scope, "version"),
  attributes: map((item) => item.scope!.scope.attributes),
  dropped_attributes_count: small((item) => item.scope!.scope, "droppedAttributesCount", "uint32"),
  schema_url: text((item) => item.scope!, "schemaUrl"),
};
