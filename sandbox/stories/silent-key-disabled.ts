import { keyDisabled } from "./key-disabled.ts";
import type { Story } from "./story.ts";

export const silentKeyDisabled: Story = {
  ...keyDisabled,
  name: "silent-key-disabled",
  title: "a key is disabled, of which Key Vault raises no event at all: a sweep finds it, asks, and puts it back once approved",
  maxWrites: 1,
  async break(context) {
    // Neither of the key nor of anything that is written besides.
    context.disturb({ kind: "drop", times: 1000 });
    await keyDisabled.break(context);
  },
};
