/** What the operations API answers of an incident to whoever helps: put together from what else it answers. */
import * as v from "valibot";
import { AUDIT_ROW, AUDIT_SEAL, CHAIN, INCIDENT, TARGET_SUMMARY, WRITING } from "./answers.ts";

const TEXT = v.string();
const TEXTS = v.array(TEXT);
const TIME = v.pipe(v.string(), v.isoTimestamp());

/** Of one incident, from what is on record: no look is made for it, so it is the same whenever it is asked for until something happens. */
export const SUPPORT = v.object({
  format: v.literal("keymend/support/1"),
  exportedAt: TIME,
  incident: INCIDENT,
  drafts: v.pipe(
    v.array(v.object({ name: TEXT, subscriptionId: TEXT, targetIds: TEXTS, title: TEXT, description: TEXT, since: TIME })),
    v.description("What Microsoft support is asked of databases that the service has not given back; empty where there are none."),
  ),
  audit: v.pipe(
    v.object({
      format: v.literal("keymend/audit/1"),
      incidentId: TEXT,
      exportedAt: TIME,
      seal: v.pipe(AUDIT_SEAL, v.description("How far the chain went when the incident was last saved.")),
      chain: CHAIN,
      rows: v.pipe(v.array(AUDIT_ROW), v.description("All of them, with the facts that each look rested on.")),
    }),
    v.description("What `keymend audit verify --file` checks without any deployment."),
  ),
  databases: v.pipe(v.array(TARGET_SUMMARY), v.description("Those of its vault, as the last look found them.")),
  writing: WRITING,
});
