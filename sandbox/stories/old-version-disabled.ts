import type { Story } from "./story.ts";

export const oldVersionDisabled: Story = {
  name: "old-version-disabled",
  title: "a key is rotated and its old version disabled at once, while the service still wraps with it",
  kinds: ["account"],
  phases: ["grace", "revoked"],
  causes: ["OldVersionDisabled"],
  steps: ["EnableKeyVersion"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  async break(context) {
    const { vault, keyName } = context.patient;
    const old = vault.keys.get(keyName)?.versions.at(-1)?.version;
    await context.operator.key("POST", vault.name, `/keys/${keyName}/rotate`);
    await context.operator.key("PATCH", vault.name, `/keys/${keyName}/${old}`, { attributes: { enabled: false } });
    context.tell(`key ${keyName} rotated and its old version disabled, by ${context.operator.principal.name}`);
  },
};
