/**
 * The report as one page that stands for itself: no script, nothing from elsewhere, so that it can be mailed and opened anywhere. Its policy
 * (Content Security Policy Level 3) allows one style sheet, by its digest, and nothing else: a text that broke out could do nothing.
 */
import { createHash } from "node:crypto";
import { nameOf } from "../../domain/arm-id.ts";
import {
  type DatabaseReport,
  type DatabaseSeverity,
  type Finding,
  type Report,
  SEVERITIES,
  type Way,
} from "../../domain/doctor/finding.ts";
import { esc } from "./markup.ts";
import { graphOf } from "./plot-graph.ts";
import { runwayPlot } from "./plot-runway.ts";
import { runwayOf, summaryOf } from "./table.ts";

const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--soft:#57606a;--line:#d0d7de;--shade:#f6f8fa;--trouble:#b3261e;--unseen:#6f42c1;--warning:#8a5a00;--note:#57606a;--fine:#1a7f37}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--soft:#9da7b1;--line:#30363d;--shade:#161b22;--trouble:#ff7b72;--unseen:#d2a8ff;--warning:#e3b341;--note:#9da7b1;--fine:#56d364}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{font-size:1.6rem;margin:.5rem 0}h2{font-size:1.2rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:1.25rem 0 .25rem}
.counts{display:flex;flex-wrap:wrap;gap:.5rem;padding:0;list-style:none}.counts li{border:1px solid var(--line);border-radius:.5rem;padding:.25rem .75rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
th{font-weight:600;white-space:nowrap}pre{background:var(--shade);border:1px solid var(--line);border-radius:.4rem;padding:.6rem;overflow-x:auto;font-size:.85rem;margin:.4rem 0}
ul{margin:.25rem 0;padding-left:1.25rem}.soft{color:var(--soft)}
.trouble{color:var(--trouble)}.unseen{color:var(--unseen)}.warning{color:var(--warning)}.note{color:var(--note)}.fine{color:var(--fine)}
svg{display:block;max-width:none}svg text{font:12px system-ui,sans-serif;fill:var(--ink)}svg .soft{fill:var(--soft)}
svg .axis{stroke:var(--line)}svg .edge{fill:none;stroke:var(--line);stroke-width:1.5}svg .box{fill:var(--shade);stroke:currentColor;stroke-width:1.5}svg .bar{fill:currentColor}
svg .edge.trouble{stroke:var(--trouble)}svg .edge.unseen{stroke:var(--unseen)}svg .edge.warning{stroke:var(--warning)}`;

const POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'`;

const WAYS: Record<Way, string> = { byItself: "by itself", asks: "asks a person first", refuses: "does not", later: "by itself, later" };

const badge = (severity: DatabaseSeverity): string => `<strong class="${severity}">${severity}</strong>`;
const list = (items: readonly string[]): string =>
  items.length === 0 ? "" : `<ul>${items.map((item) => `<li>${item}</li>`).join("")}</ul>`;
const lines = (az: readonly string[]): string => `<pre tabindex="0">${esc(az.join("\n"))}</pre>`;

const anchorOf = (index: number): string => `database-${index + 1}`;

function row(database: DatabaseReport, index: number): string {
  const { severity, name, kind, phase, findings, outlook, gaps } = database;
  const causes = findings.map(({ code }) => esc(code)).join(", ");
  const cells = [
    badge(severity),
    `<a href="#${anchorOf(index)}">${esc(name)}</a> <span class="soft">${kind}</span>`,
    esc(phase ?? "unread"),
    esc(runwayOf(database)),
    causes,
    esc(outlook),
    gaps.join(", "),
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

const HEAD = ["How bad", "Database", "Phase", "Runway", "Causes", "What happens", "Lacks"];

const tableOf = ({ databases }: Report): string =>
  `<div class="wide" tabindex="0" role="region" aria-label="Databases"><table><thead><tr>${HEAD.map((name) => `<th scope="col">${name}</th>`).join("")}</tr></thead><tbody>${databases.map(row).join("")}</tbody></table></div>`;

const findingOf = ({ code, title, severity, evidence, az }: Finding): string =>
  `<p>${badge(severity)} <strong>${esc(code)}</strong>: ${esc(title)}</p>${list(evidence.map(esc))}${lines(az)}`;

function detailsOf(database: DatabaseReport, index: number): string {
  const { name, id, findings, would, tells, contradictions, vault, identity, outlook } = database;
  const path = [vault && `vault ${vault.name} (${vault.state})`, identity && `identity ${identity.name} (${identity.state})`].filter(
    (part) => part !== null,
  );
  const steps = would.map(({ step, way, why }) => `${esc(step)}: ${WAYS[way]}${why === "" ? "" : ` (${esc(why)})`}`);
  const keymend = [...steps, ...tells.map(esc)];
  return [
    `<section aria-labelledby="${anchorOf(index)}"><h3 id="${anchorOf(index)}">${esc(name)}</h3>`,
    `<p class="soft">${esc(id)}<br>${esc(path.join(", "))}</p><p>${esc(outlook)}</p>`,
    findings.map(findingOf).join(""),
    contradictions.length > 0 ? `<p>But:</p>${list(contradictions.map(esc))}` : "",
    keymend.length > 0 ? `<p>Keymend, in mode heal:</p>${list(keymend)}` : "",
    "</section>",
  ].join("");
}

const gapsOf = ({ gaps }: Report): string =>
  gaps.length === 0
    ? ""
    : `<h2>What is lacking</h2>${gaps.map((gap) => findingOf({ ...gap, evidence: [...gap.evidence, `it concerns ${gap.databaseIds.map(nameOf).join(", ")}`] })).join("")}`;

const unreadOf = ({ unread }: Report): string =>
  unread.length === 0
    ? "<h2>What could not be read</h2><p>Nothing.</p>"
    : `<h2>What could not be read</h2>${list(unread.map(({ what, why, hides }) => `<strong>${esc(what)}</strong> hides ${esc(hides)}<br><span class="soft">${esc(why)}</span>`))}`;

function countsOf({ counts }: Report): string {
  const items = SEVERITIES.map((severity) => `<li>${badge(severity)} ${counts[severity]}</li>`);
  return `<ul class="counts">${items.join("")}</ul>`;
}

export function htmlOf(report: Report): string {
  const { databases, subscriptions, at } = report;
  const told = databases.flatMap((database, index) =>
    database.findings.length + database.would.length > 0 ? [detailsOf(database, index)] : [`<span id="${anchorOf(index)}"></span>`],
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><title>Keymend doctor</title><style>${STYLE}</style></head>
<body><main><h1>Keymend doctor</h1>
<p>${esc(summaryOf(report))}</p><p class="soft">${esc(at)}; ${esc(subscriptions.map(({ name }) => name).join(", "))}</p>
${countsOf(report)}
<h2>What runs out within 90 days</h2>${runwayPlot(databases)}
<h2>What depends on what</h2>${graphOf(databases)}
<h2>Databases, worst first</h2>${tableOf(report)}
<h2>What is wrong</h2>${told.join("\n")}
${gapsOf(report)}
${unreadOf(report)}
</main></body></html>
`;
}
