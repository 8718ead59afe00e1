/**
 * The report as SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"), for what shows findings of all tools in one place. A
 * result is about a resource, which has no file: its ARM id stands for one, as what shows results wants a place.
 */
import { createHash } from "node:crypto";
import type { Finding, Report, Severity } from "../../domain/doctor/finding.ts";

type Level = "error" | "warning" | "note";

const LEVELS: Record<Severity, Level> = { trouble: "error", unseen: "warning", warning: "warning", note: "note" };

type Located = Pick<Finding, "code" | "title" | "severity" | "evidence" | "az"> & { on: string; concerns: readonly string[] };

/** What could not be read is a result too: a report without it would look whole. */
function locatedIn({ databases, gaps, unread }: Report): Located[] {
  return [
    ...databases.flatMap(({ id, findings, outlook }) =>
      findings.map((finding) => ({ ...finding, evidence: [...finding.evidence, outlook], on: id, concerns: [id] })),
    ),
    ...gaps.map((gap) => ({ ...gap, concerns: gap.databaseIds })),
    ...unread.map(({ what, why, hides, isBlind }) => ({
      code: "CouldNotRead",
      title: "Something could not be read",
      severity: isBlind ? ("unseen" as const) : ("note" as const),
      evidence: [`${what}: ${why}`, `it hides ${hides}`],
      az: [],
      on: what,
      concerns: [],
    })),
  ];
}

/** A URI reference without a first slash, which a root of sources would be put before. */
const uriOf = (on: string): string => on.replace(/^\/+/, "").split("/").map(encodeURIComponent).join("/");

const fingerprintOf = ({ code, on }: Located): string => createHash("sha256").update(`${code} ${on.toLowerCase()}`).digest("hex");

function resultOf(finding: Located, rules: readonly string[]) {
  const { code, severity, evidence, az, on, concerns } = finding;
  const lines = az.length === 0 ? "" : `\n\n${az.join("\n")}`;
  return {
    ruleId: code,
    ruleIndex: rules.indexOf(code),
    level: LEVELS[severity],
    message: { text: `${evidence.join("; ")}${lines}` },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: uriOf(on) }, region: { startLine: 1 } },
        logicalLocations: [{ fullyQualifiedName: on, kind: "resource" }],
      },
    ],
    partialFingerprints: { "keymend/v1": fingerprintOf(finding) },
    properties: { az, databases: concerns },
  };
}

function ruleOf(code: string, all: readonly Located[]) {
  const { title, severity } = all.find((finding) => finding.code === code)!;
  return { id: code, shortDescription: { text: title }, defaultConfiguration: { level: LEVELS[severity] } };
}

export function sarifOf(report: Report, version: string): string {
  const all = locatedIn(report);
  const rules = [...new Set(all.map(({ code }) => code))].toSorted();
  const log = {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "keymend", semanticVersion: version, rules: rules.map((code) => ruleOf(code, all)) } },
        // What was seen of it counts, also where not all was.
        invocations: [{ executionSuccessful: report.verdict !== "couldNotLook", endTimeUtc: report.at }],
        results: all.map((finding) => resultOf(finding, rules)),
      },
    ],
  };
  return JSON.stringify(log, null, 2);
}
