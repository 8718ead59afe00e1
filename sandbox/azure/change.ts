/** A change that Resource Manager was asked for, as its event and the activity log tell it. */
import type { JWTPayload } from "jose";
import type { AzureRequest } from "./wire.ts";
import { type JsonObject, subscriptionIn, type World } from "./world.ts";

export type Done = {
  request: AzureRequest;
  /** operationName: the action that was asked for. */
  operation: string;
  scope: string;
  claims: JWTPayload;
  correlationId: string;
  /** Name of the role assignment that allowed it. */
  assignmentId: string | null;
};

/** Of the change's own subscription. Nothing above the subscriptions raises an event in one, or an entry in its activity log. */
export const subscriptionOfChange = ({ scope }: Done): string | undefined => subscriptionIn(scope);

/** A service principal's claims carry no name; a user's do. All values are texts. */
export function claimsOf(world: World, claims: JWTPayload): JsonObject {
  const text = (name: string): string => {
    const value = claims[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  const user = claims["idtyp"] === "user";
  return {
    ...Object.fromEntries(["aud", "iss", "iat", "nbf", "exp", "appid", "appidacr"].map((name) => [name, text(name)])),
    ipaddr: user ? "203.0.113.5" : undefined,
    name: user ? text("name") : undefined,
    "http://schemas.microsoft.com/identity/claims/identityprovider": text("idp"),
    "http://schemas.microsoft.com/identity/claims/objectidentifier": text("oid"),
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier": text("sub"),
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": user ? text("upn") : undefined,
    "http://schemas.microsoft.com/identity/claims/tenantid": world.tenantId,
    uti: text("uti"),
    ver: text("ver"),
  };
}
