import type { Story } from "./story.ts";

export const keyUnfit: Story = {
  name: "key-unfit",
  title: "a key gets a new version of a type that the service can't use",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["KeyUnfit"],
  maxWrites: 0,
  outcome: { grace: "Escalated", revoked: "Escalated" },
  vault: "rbac",
  async break(context) {
    const { vault, keyName } = context.patient;
    await context.operator.key("POST", vault.name, `/keys/${keyName}/create`, { kty: "EC", crv: "P-256" });
    context.tell(`key ${keyName} has a new version, an elliptic curve key, by ${context.operator.principal.name}`);
  },
};
