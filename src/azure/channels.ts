/** The channels that are set, each by its own adapter. */
import type { TokenCredential } from "@azure/identity";
import type { Channel, Sent } from "../domain/telling/letters.ts";
import type { News } from "../domain/telling/news.ts";
import type { NetworkOptions } from "./arm.ts";
import { createPost } from "./post.ts";
import { createTellMail, MAIL_SCOPE } from "./tell-mail.ts";
import { createTellTeams, type LinkTo } from "./tell-teams.ts";
import { createTellTopic } from "./tell-topic.ts";
import { createTellWebhook } from "./tell-webhook.ts";

type Options = {
  topic: string | null;
  teams: string | null;
  webhook: { url: string; secrets: string[] } | null;
  mail: { endpoint: string; from: string; to: string[] } | null;
  link: string | null;
  credential: TokenCredential;
  now: () => Date;
  pipelineOptions?: NetworkOptions;
};

type Tell = (bundle: readonly News[]) => Promise<Sent>;

export function createChannels({
  topic,
  teams,
  webhook,
  mail,
  link,
  credential,
  now,
  pipelineOptions,
}: Options): Partial<Record<Channel, Tell>> {
  const network = pipelineOptions && { pipelineOptions };
  const linkTo: LinkTo = (id) => link?.replace("{id}", encodeURIComponent(id));
  const post = createPost({ ...network });
  return {
    ...(topic !== null && { topic: createTellTopic({ endpoint: topic, credential, ...network }) }),
    ...(webhook && { webhook: createTellWebhook({ ...webhook, post, now }) }),
    ...(teams !== null && { teams: createTellTeams({ url: teams, linkTo, post }) }),
    ...(mail && { mail: createTellMail({ ...mail, linkTo, post: createPost({ token: { credential, scope: MAIL_SCOPE }, ...network }) }) }),
  };
}
