/** `keymend audit`: proof of who did what, checked here and not only where it is kept. */
import * as v from "valibot";
import { type Command, EXIT, type Given, isOn, meant, text, UsageError } from "./command.ts";
import { type AuditExport, checkAudit, exportAudit, readExport } from "./deployment/records.ts";
import { when } from "./deployment/tell.ts";
import { oneIn, type Ways } from "./deployment/ways.ts";
import { plain } from "./terminal.ts";

type Json = Record<string, unknown>;

async function taken(given: Given, ways: Ways, ids: readonly string[]): Promise<AuditExport> {
  const file = text(given, "file");
  if (file === undefined) {
    const incidentId = oneIn(ids, "an incident's id (or pause), or --file");
    return exportAudit(ways.connect(given), incidentId, ways.now().toISOString());
  }
  if (ids.length > 0) throw new UsageError("give an incident's id or --file, not both");
  return readExport(file);
}

/** What the deployment says too, which has its anchors: null where it was not asked. */
const heldThere = (chain: unknown): { ok: boolean; why?: string; anchored?: number | null } | null => {
  const parsed = v.safeParse(
    v.object({ ok: v.boolean(), why: v.optional(v.string()), anchored: v.optional(v.nullable(v.number())) }),
    chain,
  );
  if (!parsed.success) return null;
  const { ok, why, anchored } = parsed.output;
  return { ok, ...(why === undefined ? {} : { why }), ...(anchored === undefined ? {} : { anchored }) };
};

function verdictOf(audit: AuditExport): { isGood: boolean; said: string[]; json: Json } {
  const here = checkAudit(audit);
  const there = heldThere(audit.chain);
  const said = [
    here.ok
      ? `Checked here: ${here.rows} rows, each follows from the one before; the incident bears out ${here.sealed} of them.`
      : `Checked here: row ${here.seq}: ${here.why}.`,
    there === null
      ? "What the deployment said of it is not in the file."
      : there.ok
        ? `The deployment said at ${when(audit.exportedAt)}: it holds${there.anchored === null || there.anchored === undefined ? ", without anchors" : `, and locked anchors bear out ${there.anchored} rows`}.`
        : `The deployment said at ${when(audit.exportedAt)}: ${plain(there.why ?? "it does not hold")}.`,
  ];
  return { isGood: here.ok && there?.ok !== false, said, json: { incidentId: audit.incidentId, here, deployment: audit.chain } };
}

type Verb = (given: Given, ways: Ways, ids: readonly string[]) => Promise<number>;

const VERBS: Record<string, Verb> = {
  verify: async (given, ways, ids) => {
    const { isGood, said, json } = verdictOf(await taken(given, ways, ids));
    const { print, paint } = given.terminal;
    print(
      isOn(given, "json")
        ? JSON.stringify({ ok: isGood, ...json })
        : [paint(isGood ? "green" : "red", isGood ? "holds" : "BROKEN"), ...said].join("\n"),
    );
    return isGood ? EXIT.nothing : EXIT.trouble;
  },
  show: async (given, ways, ids) => {
    const { rows } = await taken(given, ways, ids);
    for (const row of rows) {
      const line = `${when(row.at)}  ${row.kind.padEnd(12)}  ${row.what}  (${row.actor})`;
      given.terminal.print(isOn(given, "json") ? JSON.stringify(row) : plain(line));
    }
    return EXIT.nothing;
  },
  export: async (given, ways, ids) => {
    given.terminal.print(JSON.stringify(await taken(given, ways, ids)));
    return EXIT.nothing;
  },
};

export const audit = (ways: Ways): Command => ({
  name: "audit",
  does: "Verifies, shows or exports the audit of an incident",
  takes: "verify|show|export [ID]",
  words: Object.keys(VERBS),
  about:
    "verify reads every row and checks the chain here, too; with --file from an export or a support bundle, without any deployment.\n" +
    "ID is an incident's, or pause for who paused and resumed. Exit codes of verify: 0 it holds, 2 it is broken.",
  options: { file: { type: "string", value: "FILE", does: "an export, in place of a deployment" } },
  examples: [
    { run: "keymend audit verify 20261102T100000000Z-0123abcd", does: "checks what the deployment has" },
    { run: "keymend audit export 20261102T100000000Z-0123abcd > audit.json", does: "takes it out" },
    { run: "keymend audit verify --file audit.json", does: "checks it anywhere, later" },
  ],
  run: async (given) => {
    const [word = "", ...ids] = given.positionals;
    const verb = meant(VERBS, word);
    if (!verb) throw new UsageError(`keymend audit takes one of ${Object.keys(VERBS).join(", ")}, and one id`);
    return verb(given, ways, ids);
  },
});
