/** What all views are put together from. */
import type { ComponentChildren } from "preact";
import type { Phase } from "../../domain/cause.ts";
import type { OutcomeCode } from "../../domain/incident.ts";
import { wordsOf } from "../api.ts";
import { useNow, type Live } from "../live.ts";
import { PHASE_WORDS, type Tone, toneOf } from "../model/severity.ts";
import { fromNow, nameIn, spaced, timeOf } from "../model/words.ts";

export const Badge = ({ tone, title, children }: { tone: Tone; title?: string; children: ComponentChildren }) => (
  <span class={`badge ${tone}`} {...(title === undefined ? {} : { title })}>
    {children}
  </span>
);

export const PhaseBadge = ({ phase }: { phase: Phase }) => (
  <Badge tone={PHASE_WORDS[phase].tone} title={PHASE_WORDS[phase].means}>
    {PHASE_WORDS[phase].label}
  </Badge>
);

export const OutcomeBadge = ({ outcome, reason }: { outcome: OutcomeCode | "Completed"; reason?: string | null }) => (
  <Badge tone={toneOf(outcome)}>
    {spaced(outcome)}
    {reason ? `: ${spaced(reason)}` : ""}
  </Badge>
);

export function Card({ title, aside, children }: { title: string; aside?: ComponentChildren; children: ComponentChildren }) {
  const id = `card-${title.replaceAll(/\W+/g, "-").toLowerCase()}`;
  return (
    <section class="card" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** The whole id is behind its name. */
export const Name = ({ id }: { id: string }) => <span title={id}>{nameIn(id)}</span>;

export function When({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={`${timeOf(at)} UTC`}>
      {fromNow(at, now)}
    </time>
  );
}

export const Problem = ({ error }: { error: Error | undefined }) =>
  error ? (
    <p class="problem" role="alert">
      {wordsOf(error)}
    </p>
  ) : null;

/** What is shown while nothing has been heard yet, and what went wrong. title: of a page whose heading is in what is heard. */
export function Loaded<T>({ live, title, children }: { live: Live<T>; title?: string; children: (data: T) => ComponentChildren }) {
  return (
    <>
      {live.data === undefined && title !== undefined ? <h1>{title}</h1> : null}
      <Problem error={live.error} />
      {live.data === undefined ? live.error ? null : <p role="status">Asking Keymend…</p> : children(live.data)}
    </>
  );
}

/** Wider than a phone, so it scrolls by itself, with the keyboard too. */
export const Scroll = ({ label, children }: { label: string; children: ComponentChildren }) => (
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable
  <div class="scroll" role="region" aria-label={label} tabIndex={0}>
    {children}
  </div>
);

/** rowIndex: of a table of which only some rows are drawn. */
export const Heads = ({ labels, rowIndex }: { labels: readonly string[]; rowIndex?: number }) => (
  <thead>
    <tr {...(rowIndex === undefined ? {} : { "aria-rowindex": rowIndex })}>
      {labels.map((label) => (
        <th key={label} scope="col">
          {label}
        </th>
      ))}
    </tr>
  </thead>
);

export const Nothing = ({ children }: { children: ComponentChildren }) => <p class="nothing">{children}</p>;

export function Commands({ lines }: { lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <pre class="commands" tabIndex={0} aria-label="Azure CLI commands">
      {lines.join("\n")}
    </pre>
  );
}
