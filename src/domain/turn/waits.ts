/**
 * How long a repair is watched. The service checks its key about once an hour; both guides say to wait up to an hour and
 * to go to support after two (Microsoft Learn, "Troubleshooting Revocation Scenarios for your Customer-Managed Keys
 * Configured Azure Cosmos DB account" and "Troubleshoot data encryption with customer-managed key in vCore").
 */
import { DAY, HOUR, MINUTE, SECOND } from "../time.ts";

/** From here on it is slower than documented: say so. */
export const SLOW_AFTER_MS = HOUR;

/** From here on a person is needed. */
export const ESCALATE_AFTER_MS = 2 * HOUR;

/** What could not be read must stay so for this long: a single refusal may be a grant on its way. */
export const UNREAD_AFTER_MS = 2 * MINUTE;

/**
 * A verdict that can't be taken back ("nobody can mend this") must hold this long. A key just deleted answers 404 everywhere, recorded for 14 s
 * (Azure/azure-sdk-for-js, keyvault-keys); no figure is documented. Nobody can do anything meanwhile but look again.
 */
export const FINAL_VERDICT_AFTER_MS = 15 * MINUTE;

/** A final verdict is looked at again this often for its first day: what Azure does not show yet may show later than anybody has recorded. */
export const FINAL_LOOK_AFTER_MS = 5 * MINUTE;
export const FINAL_LOOKS_FOR_MS = DAY;

/** After a write, the same write is not tried again before this: RBAC takes up to 10 minutes (Microsoft Learn, "Troubleshoot Azure RBAC"). */
export const SETTLE_AFTER_WRITE_MS = 15 * MINUTE;

/** However many events tell of a vault, it is looked at once in this time. */
export const FOLDED_MS = 5 * SECOND;

/** What Azure did not answer is asked again within this, unless Azure asks for more time. */
export const RETRY_WITHIN_MS = 5 * MINUTE;

const SCHEDULE = [30 * SECOND, MINUTE, 2 * MINUTE];

/** The wait before the n-th look after a write (from 0): 30 s, 1, 2, then every 5 minutes. */
export const nextCheckAfterMs = (looks: number): number => SCHEDULE[looks] ?? 5 * MINUTE;

/**
 * No sweep wakes an incident that is open: whatever it waits for, what else befalls its vault is seen no later than at one that is screened, and
 * at one in trouble as soon as once it is over (src/functions/recheck.ts).
 */
export const LOOKED_AT_WITHIN_MS = 5 * MINUTE;
export const IN_TROUBLE_LOOKED_AT_WITHIN_MS = 2 * MINUTE;

/** The longest that the loop waits: where Azure asks for it. */
export const LONGEST_WAIT_MS = 15 * MINUTE;

/**
 * An instance that has not moved for so long is stuck: its longest wait, and an activity that is run three times, with room to spare.
 * Instances of Durable Functions are known to stay Running or Pending for days (Azure/azure-functions-durable-extension issues 1722, 1898, 2093).
 */
export const STUCK_AFTER_MS = HOUR;
