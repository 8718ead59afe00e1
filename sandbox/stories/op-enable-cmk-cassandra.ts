import { refusedEnabling, requireState } from "./enabling.ts";
import type { Story } from "./story.ts";

export const opEnableCmkCassandra: Story = refusedEnabling(
  {
    name: "op-enable-cmk-cassandra",
    title:
      "an account of the API for Apache Cassandra is to be given its first key, which Azure does not support: it is refused before anything is written",
    plain: { properties: { capabilities: [{ name: "EnableCassandra" }] } },
  },
  (ended) => void requireState(ended, "no Cassandra", "unmet"),
);
