/** docs/causes.md as text, from the causes themselves and what was played of them. */
import { stories } from "../../sandbox/stories/index.ts";
import type { Cause, Default } from "../../src/domain/cause.ts";
import { causes } from "../../src/domain/causes/index.ts";
import type { TargetKind } from "../../src/domain/facts.ts";
import { stepSpecs } from "../../src/domain/steps/index.ts";
import type { StepName } from "../../src/domain/steps/step.ts";
import { placeOf } from "../../src/domain/short-names.ts";
import { code, escaped, table } from "../markdown.ts";
import type { Example, Examples } from "./examples.ts";

const DEFAULTS: Record<Default, string> = {
  auto: "auto: repaired without asking",
  ask: "ask: repaired once a person agrees",
  none: "none",
};

const PHASES: Record<string, string> = {
  atRisk: "will break",
  inGrace: "broken, and the service has not noticed",
  revoked: "broken, and the service has noticed",
  recovering: "repaired, and the service has not noticed",
};

const list = (items: readonly string[]): string[] => items.map((item) => `- ${escaped(item)}`);
const link = (cause: Cause): string => `[${cause.code}](#${cause.code.toLowerCase()})`;

function statusTable(): string[] {
  const codes = [...new Set(causes.flatMap(({ statusCodes }) => statusCodes))].toSorted((a, b) => a - b);
  const rows = codes.map((status) => [
    `${status}`,
    causes
      .filter(({ statusCodes }) => statusCodes.includes(status))
      .map(link)
      .join(", "),
  ]);
  return table(["Status", "Causes"], rows);
}

const causeTable = (): string[] =>
  table(
    ["Cause", "What is wrong", "Databases", "Status", "Default"],
    causes.map((cause) => [link(cause), cause.title, cause.kinds.join(", "), cause.statusCodes.join(", ") || "none", cause.default]),
  );

const permissionsOf = (name: StepName, targetKind: TargetKind): string[] => {
  const { actions, dataActions } = stepSpecs[name].permission({ targetKind });
  return [...actions, ...dataActions];
};

function stepTable({ steps, kinds }: Cause): string[] {
  if (steps.length === 0) return [];
  const rows = steps.map((name, index) => {
    const permissions = new Set(kinds.flatMap((kind) => permissionsOf(name, kind)));
    return [`${index + 1}`, code(name), [...permissions].map(code).join("<br>")];
  });
  return ["", ...table(["", "Step, where it is needed", "Permission"], rows)];
}

function endsOf(cause: Cause, { ends, phase, mode }: Example): string {
  const { grace, revoked } = ends;
  if (mode !== "observe") return `Played in mode ${mode}; it ends as ${ends[phase]}.`;
  const when = cause.default === "ask" ? "In mode heal, and once a person has approved it, it ends as" : "In mode heal it ends as";
  const unheard = cause.default === "ask" ? " Where nobody decides in time it ends as Refused (ApprovalExpired), and is asked again." : "";
  if (grace === null || revoked === null || grace === revoked) return `${when} ${grace ?? revoked}.${unheard}`;
  return `${when} ${grace}; as ${revoked} where the service noticed first.${unheard}`;
}

/** What no story shows must not look as if it did not happen. */
function notShown({ kinds }: Cause, examples: readonly Example[]): string[] {
  const missing = kinds.filter((kind) => !examples.some((example) => example.kind === kind));
  if (examples.length === 0 || missing.length === 0) return [];
  return [
    `No story plays it with ${missing.map((kind) => (kind === "account" ? "an account" : "a cluster")).join(" or ")}: evidence and repair are the ones above.`,
    "",
  ];
}

/** A cluster has no status of its key, only of itself: Microsoft.DocumentDB mongoClusters, and Microsoft Learn, vCore troubleshooting guide. */
const clusterTable = (): string[] =>
  table(
    ["clusterStatus", "What it tells"],
    [
      ["Ready", "the service had its key when it last looked, up to an hour ago"],
      ["Inaccessible", "it lost its key: any cause that names clusters below; the key path tells which"],
      ["Failed", `the same, where it came up once; else ${link(causes.find(({ code: name }) => name === "ProvisioningFailed")!)}`],
      ["Provisioning, Updating, Starting, Stopping, Stopped, Dropping, or none", "nothing about the key"],
      ["any other word", "nothing that Keymend knows: never taken for healthy"],
    ],
  );

function planOf(cause: Cause, { steps, outcome, reason, detail }: Example): string[] {
  if (cause.steps.length === 0) return [`No step: ${outcome}${reason === null ? "" : ` (${reason})`}, "${escaped(detail)}".`];
  const rows = steps.map(({ name, on, permission, needs }, index) => [
    `${index + 1}`,
    code(name),
    escaped(placeOf(on)),
    permission.split(", ").map(code).join("<br>"),
    needs === "approval" ? "asks" : "no",
  ]);
  return ["Plan:", "", ...table(["", "Step", "On", "Permission", "Approval"], rows)];
}

function exampleLines(cause: Cause, example: Example): string[] {
  const { story, title, kind, databases, evidence, contradictions, runbook } = example;
  const where = databases.map(({ id, phase }) => `${placeOf(id)} (${PHASES[phase] ?? phase})`);
  return [
    `### Example: ${kind}, ${story}`,
    "",
    `${escaped(title[0]!.toUpperCase() + title.slice(1))}. ${endsOf(cause, example)}`,
    "",
    `Found: ${escaped(where.join(", "))}.`,
    "",
    ...list(evidence),
    ...(contradictions.length === 0 ? [] : ["", "Contradictions:", "", ...list(contradictions)]),
    "",
    ...planOf(cause, example),
    ...(runbook.length === 0 ? [] : ["", cause.steps.length === 0 ? "To look at it:" : "By hand:", "", "```sh", ...runbook, "```"]),
    "",
  ];
}

function causeLines(cause: Cause, examples: readonly Example[]): string[] {
  const about = stories.filter(({ name, causes: named }) => named.includes(cause.code) || examples.some(({ story }) => story === name));
  return [
    `## ${cause.code}`,
    "",
    `**${cause.title}.**`,
    "",
    ...table(
      ["", ""],
      [
        ["Databases", cause.kinds.join(", ")],
        ["Shown by", escaped(cause.shownBy)],
        ["Status codes", cause.statusCodes.join(", ") || "none"],
        ["Repair", escaped(cause.repair)],
        ["Default", DEFAULTS[cause.default]],
        ["Source", escaped(cause.source)],
        ["Stories", about.map(({ name }) => code(name)).join(", ") || "none"],
      ],
    ),
    ...stepTable(cause),
    "",
    ...(examples.length === 0 ? ["None is played in the sandbox.", ""] : examples.flatMap((example) => exampleLines(cause, example))),
    ...notShown(cause, examples),
  ];
}

const intro = (seed: number): string[] => [
  "<!-- Written by `npm run docs` from src/domain/causes and the sandbox's stories. Change those, not this. -->",
  "",
  "# Causes",
  "",
  "Every way to lose the key that Keymend knows: what shows it, what mends it, and what an incident about it looks like. The codes are the same in logs, tables, the operations API and here. What an outcome means and how to decide on a plan is in [operate.md](operate.md).",
  "",
  "- **Default** is what happens without a setting. `KEYMEND_CAUSES` changes it cause by cause (`KeyDisabled=auto,AccessMissing=ask`); the mode and the tags on a database narrow it further.",
  "- **Status** is the number at the end of an account's `customerManagedKeyStatus`. It lags by up to an hour and says less than the key path does; a cluster shows none.",
  "- **Steps** are made in this order; those that are done already, or not needed, are left out. A permission stands for the action or data action that Keymend's identity needs.",
  `- **Examples** are incidents as the operations API showed them while the sandbox played the story named, with seed ${seed}, in mode observe where there is something to plan: nothing was written, the whole plan shows, and \`runbook\` has the commands that do the same. Play one with \`npm start -- --story NAME\`; where a cause has no story, its example is a scene made for this page.`,
  "",
  "Several causes at once are repaired in the order of the second table: vault, key, identity, access, network, database.",
];

export function causesPage({ seed, examples }: Examples): string {
  return [
    ...intro(seed),
    "",
    "By the status of an account:",
    "",
    ...statusTable(),
    "",
    "By the status of a cluster:",
    "",
    ...clusterTable(),
    "",
    "All of them:",
    "",
    ...causeTable(),
    "",
    ...causes.flatMap((cause) => causeLines(cause, examples[cause.code] ?? [])),
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
}
