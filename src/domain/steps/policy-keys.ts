/** What one principal may do with keys by a vault's access policies. */
import { sameText } from "../arm-id.ts";
import type { AccessPolicy, LiveVault } from "../facts.ts";

type Owner = Omit<AccessPolicy, "keys">;
/** A vault, or what is remembered of it. */
type Holding = Pick<LiveVault, "policies">;

/** A compound policy is another owner's: it counts for an application acting on behalf of the principal. */
export const policiesOf = ({ tenantId, objectId, applicationId }: Owner, { policies }: Holding): AccessPolicy[] =>
  policies.filter((one) => sameText(one.tenantId, tenantId) && sameText(one.objectId, objectId) && one.applicationId === applicationId);

/** In lower case. */
export const policyKeysOf = (owner: Owner, holding: Holding): string[] =>
  policiesOf(owner, holding)
    .flatMap(({ keys }) => keys)
    .map((key) => key.toLowerCase())
    .toSorted();
