import { addPlainAccount, requireEncrypted, requireState, wantKey } from "./enabling.ts";
import type { Story } from "./story.ts";

export const opEnableCmk: Story = {
  name: "op-enable-cmk",
  title: "an account that exists is given its first key: all its document ids are looked at first, then Azure encrypts what is there",
  kinds: ["account"],
  phases: ["grace"],
  causes: [],
  steps: ["SetKeyUri"],
  maxWrites: 1,
  outcome: { grace: "Completed" },
  vault: "rbac",
  arrange: (context) => void addPlainAccount(context),
  async break(context) {
    const ended = await wantKey(context);
    if (!ended) return;
    const { detail } = requireState(ended, "document ids", "met");
    requireEncrypted(context);
    context.tell(`document ids: ${detail}`);
  },
};
