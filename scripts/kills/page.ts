/** What the kept results of `npm run kills` say, as a page. */

/** One message that the app waits for an answer to: its place among all of the play, and what it is. */
export type Await = { at: number; what: string };

/** nth: of all messages of its shape in the repair. Not every repair sends them in the same order: what is read at once is not. */
export type Met = Await & { nth: number };

/** dies: whether the host dies before the message is sent, or after it is carried out and before it is answered. */
export type Kill = Met & { dies: "before" | "after"; problems: string[] };

/** A repair, or a planned operation. awaits: where nothing happens. */
export type Repair = { name: string; awaits: number; kills: Kill[] };
export type Results = { seed: number; repairs: Repair[] };

export const keyOf = ({ what, nth, dies }: Pick<Kill, "what" | "nth" | "dies">): string => `${dies} ${nth} ${what}`;

const isRead = (what: string): boolean => what.startsWith("GET ") || what.includes("/Microsoft.ResourceGraph/");

export const isAzureWrite = (what: string): boolean => what.includes(" azure/") && !isRead(what);

/** A write may have been carried out when the host dies; of a read it makes no difference. */
export const killsAt = ({ at, nth, what }: Met): Omit<Kill, "problems">[] =>
  isRead(what)
    ? [{ at, nth, what, dies: "before" }]
    : [
        { at, nth, what, dies: "before" },
        { at, nth, what, dies: "after" },
      ];

/** All up to the write to Azure; of the looks after it, which read the same again and again, each read once. */
export function awaitsOf<One extends Await>(all: readonly One[]): One[] {
  const write = all.findLastIndex(({ what }) => isAzureWrite(what));
  const later = new Set<string>();
  return all.filter(({ at, what }) => {
    if (at <= write || !isRead(what)) return true;
    const isNew = !later.has(what);
    later.add(what);
    return isNew;
  });
}

/** What is not the same from one repair to the next is left out. */
export const shapeOf = ({ to, method, url }: { to: string; method: string; url: string }): string => {
  const path = url.replace(/^https?:\/\/[^/]+/, "").split("?")[0]!;
  const plain = path
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, "{id}")
    .replaceAll(/[0-9a-f]{32}/gi, "{version}")
    .replaceAll(/='[^']*'/g, "={key}")
    .replaceAll(/\/resourceGroups\/[^/]+/gi, "/...");
  return `${method} ${to}${plain}`;
};

const cell = (text: string): string => text.replaceAll("|", "\\|");

export function pageOf({ seed, repairs }: Results): string {
  const rows = repairs.map(({ name, awaits, kills }) => {
    const differing = kills.filter(({ problems }) => problems.length > 0).length;
    // What a play awaits differs by a few from the next one's.
    const played = new Set(kills.map(({ nth, what }) => `${nth} ${what}`)).size;
    const most = awaits === 0 ? 0 : Math.min(100, Math.round((played / awaits) * 100));
    return `| ${name} | ${awaits} | ${kills.length} | ${most} % | ${differing} |`;
  });
  const differing = repairs.flatMap(({ name, kills }) =>
    kills
      .filter(({ problems }) => problems.length > 0)
      .map(({ at, what, dies, problems }) => `- ${name}, ${dies} message ${at} (\`${cell(what)}\`): ${problems.join("; ")}`),
  );
  return `# A host that dies at every await

Written by \`npm run kills\`, seed ${seed}: a repair, or a planned operation, is played once undisturbed, and once more for each message to Azure or to the tables that the app waits for an answer to, with the host killed right before it is sent, and, where it changes something, once more after it was carried out and before its answer; then it is started again. With two hosts on one task hub the one that sent the message is killed, and either stays away until the incident is closed, so that the other takes over its queues once their leases are over and what it had in hand once that is seen again, or comes back at once. Of the looks after the last write, which read the same again and again, each read counts once. It holds where the incident, what the databases are like, each write, once, and the audit are those of the undisturbed play; of an operation its own outcome, requirements and steps too. What is not played yet is with \`npm run kills -- --missing\`.

| Play | Awaits | Kills | Awaits played | Otherwise |
| --- | --- | --- | --- | --- |
${rows.join("\n")}

${differing.length === 0 ? "None of them came to anything else." : differing.join("\n")}
`;
}
