/** What the host and the process that drives it tell each other. */
export type ToHost =
  | { type: "clock"; now: number; speed: number }
  | { type: "untilIdle"; id: number }
  /** A new host around the same app, on state of its own and at a time of its own. */
  | { type: "renew"; now: number; stateFile: string }
  | { type: "stop" };

export type FromHost =
  | { type: "ready"; hostUrl: string; functions: { name: string; type: string }[] }
  | { type: "failed"; error: string }
  /** begun: how much was begun so far. */
  | { type: "idle"; id: number; nextDue: number | null; begun: number }
  | { type: "log"; level: string; function: string; message: string; at: string };

export type Parent = { isThere: boolean; tell(message: FromHost): void; listen(onMessage: (message: ToHost) => void): void };

/** Without a parent, what would be told is printed. */
export function connectParent(): Parent {
  if (!process.send) return { isThere: false, tell: print, listen: () => {} };
  return {
    isThere: true,
    tell: (message) => void process.send?.(message),
    listen: (onMessage) => {
      process.on("message", onMessage);
      // A host whose driver is gone serves nobody.
      process.on("disconnect", () => process.exit());
      // It may be gone already, before this could listen.
      if (!process.connected) process.exit();
    },
  };
}

function print(message: FromHost): void {
  if (message.type === "log") process.stdout.write(`${message.at} ${message.level.padEnd(11)} ${message.function}: ${message.message}\n`);
  else if (message.type === "failed") process.stderr.write(`${message.error}\n`);
  else if (message.type === "ready") {
    process.stdout.write(`Functions host on ${message.hostUrl}\n`);
    for (const fn of message.functions) process.stdout.write(`  ${fn.name}: ${fn.type}\n`);
  }
}
