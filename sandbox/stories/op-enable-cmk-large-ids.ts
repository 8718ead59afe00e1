import type { Document } from "../azure/documentdb/data.ts";
import { refusedEnabling, requireState, WHOLE } from "./enabling.ts";
import type { Story } from "./story.ts";

/** One of letters of one byte, and one of half as many letters as bytes: "990 bytes" are no characters. */
const TOO_LONG: Document[] = [
  { id: "y".repeat(991), tenant: "late" },
  { id: "ü".repeat(496), tenant: "ümlaut" },
];

export const opEnableCmkLargeIds: Story = refusedEnabling(
  {
    name: "op-enable-cmk-large-ids",
    title:
      "an account is to be given its first key, and holds documents with ids of more than 990 bytes: all of them are named, nothing is written",
    plain: { documents: [...WHOLE, ...TOO_LONG] },
  },
  (ended, { tell }) => {
    const { items = [] } = requireState(ended, "document ids", "unmet");
    const expected = ["991 bytes", "992 bytes"].every((bytes) => items.some((item) => item.includes(bytes)));
    if (items.length !== TOO_LONG.length || !expected) throw new Error(`not each of them is named: ${JSON.stringify(items)}`);
    tell(items[0]!.slice(0, 100));
  },
);
