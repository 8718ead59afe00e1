import type { Document } from "../azure/documentdb/data.ts";
import { addPlainAccount, requireState, wantKey, WHOLE } from "./enabling.ts";
import type { Story } from "./story.ts";

/** One of letters of one byte, and one of half as many letters as bytes: "990 bytes" are no characters. */
const TOO_LONG: Document[] = [
  { id: "y".repeat(991), tenant: "late" },
  { id: "ü".repeat(496), tenant: "ümlaut" },
];

export const opEnableCmkLargeIds: Story = {
  name: "op-enable-cmk-large-ids",
  title:
    "an account is to be given its first key, and holds documents with ids of more than 990 bytes: all of them are named, nothing is written",
  kinds: ["account"],
  phases: ["grace"],
  causes: [],
  maxWrites: 0,
  outcome: { grace: "Refused" },
  reason: "RequirementsUnmet",
  vault: "rbac",
  arrange: (context) => void addPlainAccount(context, { documents: [...WHOLE, ...TOO_LONG] }),
  async break(context) {
    const { items = [] } = requireState(await wantKey(context), "document ids", "unmet");
    const expected = ["991 bytes", "992 bytes"].every((bytes) => items.some((item) => item.includes(bytes)));
    if (items.length !== TOO_LONG.length || !expected) throw new Error(`not each of them is named: ${JSON.stringify(items)}`);
    context.tell(items[0]!.slice(0, 100));
  },
};
