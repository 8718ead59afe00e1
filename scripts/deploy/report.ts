/** What is said while it runs, and at the end. */

export type Result = {
  dryRun: boolean;
  subscription: string;
  clientId: string | null;
  functionApp: string;
  apiUrl: string;
  principalId: string;
  healthy: boolean;
  /** The lines that changed something, or would. */
  changes: string[];
  next: string[];
};

export type Report = {
  begin: (what: string) => void;
  /** A line that changes something. */
  change: (line: string) => void;
  wait: (why: string) => void;
  end: (result: Result) => void;
  fail: (message: string, next: string) => void;
};

type Color = "cyan" | "dim" | "yellow" | "green" | "red";

export type Streams = { out: (text: string) => void; err: (text: string) => void; paint: (color: Color, text: string) => string };

export function createReport(
  { out, err, paint }: Streams,
  { json, isDryRun }: { json: boolean; isDryRun: boolean },
): Report & { changes: string[] } {
  const tell = json ? err : out;
  const say = (color: Color, mark: string, what: string): void => tell(`${paint(color, mark)} ${what}\n`);
  const changes: string[] = [];
  return {
    changes,
    begin: (what) => say("cyan", "•", what),
    wait: (why) => say("dim", "…", why),
    change: (line) => {
      changes.push(line);
      say("yellow", isDryRun ? "would run:" : "running:", line);
    },
    end: (result) => {
      if (json) out(`${JSON.stringify(result, null, 2)}\n`);
      const done = result.changes.length === 0 ? "nothing to change" : `${result.changes.length} changes`;
      say("green", "✓", result.dryRun ? `dry run: ${done}` : `${result.apiUrl} is alive; ${done}`);
      for (const line of result.next) tell(`  next: ${line}\n`);
    },
    fail: (message, next) => {
      err(`${paint("red", "✗")} ${message}\n  next: ${next}\n`);
      if (json) out(`${JSON.stringify({ error: message, next, changes }, null, 2)}\n`);
    },
  };
}
