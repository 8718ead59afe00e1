import { addPlainAccount, requireState, wantKey } from "./enabling.ts";
import type { Story } from "./story.ts";

export const opEnableCmkCassandra: Story = {
  name: "op-enable-cmk-cassandra",
  title:
    "an account of the API for Apache Cassandra is to be given its first key, which Azure does not support: it is refused before anything is written",
  kinds: ["account"],
  phases: ["grace"],
  causes: [],
  maxWrites: 0,
  outcome: { grace: "Refused" },
  reason: "RequirementsUnmet",
  vault: "rbac",
  arrange: (context) => void addPlainAccount(context, { properties: { capabilities: [{ name: "EnableCassandra" }] } }),
  async break(context) {
    requireState(await wantKey(context), "no Cassandra", "unmet");
  },
};
