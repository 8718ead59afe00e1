/** The list of stories, for programs and for people. */
import type { Story } from "./story.ts";

export function listing(stories: readonly Story[]): object[] {
  return stories.map(({ name, kinds, phases, causes, outcome }) => ({
    story: name,
    kinds,
    phases,
    causes,
    outcome: { grace: outcome.grace ?? "-", revoked: outcome.revoked ?? "-" },
  }));
}

export function listingText(stories: readonly Story[]): string {
  const width = Math.max(...stories.map(({ name }) => name.length));
  const lines = stories.map(({ name, title, kinds, outcome }) => {
    const ends = [...new Set(Object.values(outcome))].join(" or ");
    return ` ${name.padEnd(width)}  ${title}\n ${" ".repeat(width)}  ${kinds.join(" and ")}; ends as ${ends}\n`;
  });
  return `${lines.join("")}\n play one: npm start -- --story NAME [--kind account|cluster] [--phase grace|revoked] [--seed N]\n`;
}
