import type { Story } from "./story.ts";
import { untilOver, want } from "./wanting.ts";

/** What Microsoft's guides ask of vault, key, identity and network; the sample estate has all of it. */
const ASKED = [
  "vault",
  "same tenant",
  "soft delete",
  "purge protection",
  "network",
  "key",
  "key type and size",
  "key enabled",
  "identity",
  "grant",
];

export const opCheckRequirements: Story = {
  name: "op-check-requirements",
  title: "before anything is ordered, a team asks whether vault, key, identity and database are what a customer-managed key takes",
  kinds: ["account", "cluster"],
  phases: ["grace"],
  causes: [],
  maxWrites: 0,
  outcome: { grace: "Completed" },
  vault: "rbac",
  async break(context) {
    const { kind, patient } = context;
    const { id } = await want(context, {
      operation: "check-requirements",
      reason: "a new database is planned",
      kind,
      vaultId: patient.vault.id,
      key: patient.keyName,
      identityId: patient.identity.id,
      databaseId: patient.databases[0]!.id,
    });
    const checked = await untilOver(context, id);
    if (!checked) return;
    const { requirements } = checked;
    const unmet = ASKED.filter((name) => requirements.find((one) => one.name === name)?.state !== "met");
    if (unmet.length > 0) throw new Error(`not found to be met: ${unmet.join(", ")} in ${JSON.stringify(requirements)}`);
    context.tell(`${requirements.length} requirements, each with what shows it`);
  },
};
