/** What a look makes worth telling; how it ends is told when it has ended. The same look tells the same, so nothing is lost by a failure. */
import type { Facts } from "../facts.ts";
import type { Turn } from "../incident.ts";
import type { Settings } from "../settings.ts";
import { type News, outageNews, questionNews } from "./news.ts";
import { undoneNews } from "./undone.ts";
import { warningsOf } from "./warnings.ts";

/** An expiry that Keymend is moving is warned of by nobody. */
const movesNothing = ({ incident, next }: Pick<Turn, "incident" | "next">): boolean => next.do === "end" || incident?.state === "waiting";

export function newsOfLook(turn: Pick<Turn, "incident" | "next">, facts: Facts, settings: Pick<Settings, "mode" | "expiryLeadMs">): News[] {
  const { incident } = turn;
  const ofIncident = incident ? [outageNews(incident, facts.at), questionNews(incident, facts.at)] : [];
  const warnings = movesNothing(turn) ? warningsOf(facts, settings, incident?.id ?? null) : [];
  return [...ofIncident.filter((news) => news !== undefined), ...undoneNews(facts), ...warnings];
}
