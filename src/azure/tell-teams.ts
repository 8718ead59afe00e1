/**
 * Tells a Teams channel or chat by the webhook of a workflow ("When a Teams webhook request is received"): an Adaptive Card in a message.
 * Microsoft Learn, "Create incoming webhooks with Workflows for Microsoft Teams". The webhook's URL is a secret.
 */
import type { Sent } from "../domain/telling/letters.ts";
import type { News } from "../domain/telling/news.ts";
import type { Post } from "./post.ts";

/** Of what others wrote nothing is to be read as a link or as markup: a card's text is Markdown (Microsoft Learn, "Format cards in Microsoft Teams"). */
const plain = (text: string): string => text.replaceAll(/[\\`*_~[\]()<>#|]/g, String.raw`\$&`).replaceAll("\n", "\n\n");

const colorOf = ({ weight }: News): string => (weight === "now" ? "Attention" : "Default");

function partsOf(news: News): object[] {
  const { title, text, facts } = news;
  return [
    { type: "TextBlock", text: plain(title), weight: "Bolder", color: colorOf(news), wrap: true },
    { type: "TextBlock", text: plain(text), wrap: true },
    ...(facts.length === 0 ? [] : [{ type: "FactSet", facts: facts.map(([name, value]) => ({ title: name, value: plain(value) })) }]),
  ];
}

/** In bytes: "up to 28 KB" of a message, "Limits and specifications for Microsoft Teams"; less is told of each where they are many. */
const LONGEST = 24_000;

/** linkTo: where people read an incident; undefined: nowhere. */
export type LinkTo = (incidentId: string) => string | undefined;

function cardOf(bundle: readonly News[], linkTo: LinkTo): object {
  const [first] = bundle;
  const parts = bundle.flatMap(partsOf);
  const fits = Buffer.byteLength(JSON.stringify(parts)) <= LONGEST;
  const short = bundle.map(({ title }) => ({ type: "TextBlock", text: plain(title.slice(0, 300)), wrap: true }));
  const url = bundle.length === 1 && first?.incidentId ? linkTo(first.incidentId) : undefined;
  return {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    body: fits ? parts : short,
    ...(url === undefined ? {} : { actions: [{ type: "Action.OpenUrl", title: first?.asks ? "Decide" : "Open", url }] }),
  };
}

export const createTellTeams =
  ({ url, linkTo, post }: { url: string; linkTo: LinkTo; post: Post }) =>
  (bundle: readonly News[]): Promise<Sent> =>
    post(
      url,
      {},
      {
        type: "message",
        attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content: cardOf(bundle, linkTo) }],
      },
    );
