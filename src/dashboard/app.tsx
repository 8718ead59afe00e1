/** The frame around all views: where one is, who one is, and whether Keymend may write just now. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { HereContext, type Here, useHere, useLive, useRole, useRoute } from "./live.ts";
import { timeOf } from "./model/words.ts";
import { Fleet } from "./views/fleet.tsx";
import { Incidents } from "./views/incidents.tsx";
import { IncidentView } from "./views/incident.tsx";
import { Numbers } from "./views/numbers.tsx";
import { OperationView, Operations } from "./views/operations.tsx";
import { Problem } from "./views/parts.tsx";
import { Proof, ProofView } from "./views/proof.tsx";
import { Runway } from "./views/runway.tsx";

const VIEWS: { path: string; label: string; show: (about: string | undefined) => ComponentChildren }[] = [
  { path: "fleet", label: "Fleet", show: () => <Fleet /> },
  { path: "incidents", label: "Incidents", show: (id) => (id === undefined ? <Incidents /> : <IncidentView key={id} id={id} />) },
  { path: "operations", label: "Operations", show: (id) => (id === undefined ? <Operations /> : <OperationView key={id} id={id} />) },
  { path: "runway", label: "Runway", show: () => <Runway /> },
  { path: "proof", label: "Proof", show: (id) => (id === undefined ? <Proof /> : <ProofView key={id} id={id} />) },
  { path: "numbers", label: "Numbers", show: () => <Numbers /> },
];

function PauseForm({ writes, onDone }: { writes: boolean; onDone: () => void }) {
  const { api } = useHere();
  const [reason, setReason] = useState("");
  const [error, setError] = useState<Error>();
  async function send(): Promise<void> {
    try {
      await api.call(writes ? "pause" : "resume", { body: { reason: reason.trim() } });
      onDone();
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    }
  }
  return (
    <form
      class="inline"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <label for="pause-reason">Reason to {writes ? "pause" : "resume"}</label>
      <input id="pause-reason" required maxLength={1000} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      <button type="submit" class={writes ? "danger" : "primary"} disabled={reason.trim() === ""}>
        {writes ? "Pause" : "Resume"}
      </button>
      <button type="button" onClick={onDone}>
        Never mind
      </button>
      <Problem error={error} />
    </form>
  );
}

function Reins() {
  const live = useLive("restraint", (from) => from.call("paused"), 10_000);
  const mayPause = useRole("Operator");
  const [asking, setAsking] = useState(false);
  if (!live.data) return null;
  const { writes, why, pause } = live.data;
  const onDone = (): void => {
    setAsking(false);
    live.refresh();
  };
  return (
    <section class={writes ? "reins" : "reins held"} aria-label="Whether Keymend writes">
      <p role="status">
        {writes ? "Keymend may write." : `Nothing is written: ${why ?? "held back"}`}
        {pause?.until ? ` Until ${timeOf(pause.until)} UTC.` : ""}
      </p>
      {mayPause && !asking ? (
        <button type="button" onClick={() => setAsking(true)}>
          {writes ? "Pause all writing" : "Resume writing"}
        </button>
      ) : null}
      {mayPause && asking ? <PauseForm writes={writes} onDone={onDone} /> : null}
    </section>
  );
}

function Shell() {
  const { session } = useHere();
  const [view = VIEWS[0]!.path, about] = useRoute();
  const shown = VIEWS.find(({ path }) => path === view) ?? VIEWS[0]!;
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const place = `${shown.path}/${about ?? ""}`;
  // Who goes to another view by keyboard or by ear is in it, as after a page that was loaded.
  useEffect(() => {
    document.title = [about, shown.label, "Keymend"].filter((part) => part !== undefined).join(" · ");
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [place]);
  const roles = session.roles.map((role) => role.replace("Keymend.", "")).join(", ");
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        To the content
      </a>
      <header class="top">
        <a class="brand" href="#/">
          <img src="icon.svg" alt="" width={24} height={24} /> Keymend
        </a>
        <nav aria-label="Views">
          {VIEWS.map(({ path, label }) => (
            <a key={path} href={`#/${path}`} {...(path === shown.path ? { "aria-current": "page" as const } : {})}>
              {label}
            </a>
          ))}
        </nav>
        <p class="who">
          <span>
            {session.name} <span class="fine">{roles || "no role"}</span>
          </span>
          <button type="button" onClick={() => void session.signOut()}>
            Sign out
          </button>
        </p>
      </header>
      <Reins />
      <main id="main" ref={main} tabIndex={-1}>
        {shown.show(about)}
      </main>
    </>
  );
}

export const App = ({ here }: { here: Here }) => (
  <HereContext.Provider value={here}>
    <Shell />
  </HereContext.Provider>
);
