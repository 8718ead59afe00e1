import { patchKey, unixSeconds } from "./acts.ts";
import type { Story } from "./story.ts";

export const keyExpired: Story = {
  name: "key-expired",
  title: "a key's expiry is set to a moment ago, by a slip; the service takes any date",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["KeyExpired"],
  steps: ["ExtendKeyExpiry"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  async break(context) {
    // Recorded: Azure/azure-sdk-for-js keyvault-keys, "can update a disabled key", 2020-06: an exp in the past is accepted.
    await patchKey(context, { attributes: { exp: unixSeconds(context, -60_000) } });
    context.tell(`key ${context.patient.keyName} set to expire a minute ago, by ${context.operator.principal.name}`);
  },
};
