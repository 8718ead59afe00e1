/**
 * Tells a receiver of one's own, signed by the Standard Webhooks specification 1.0.0 (github.com/standard-webhooks/standard-webhooks,
 * spec/standard-webhooks.md): `{id}.{timestamp}.{body}` by HMAC-SHA256, the secret as `whsec_` and base64, several signatures by spaces.
 */
import { createHash, createHmac } from "node:crypto";
import type { Sent } from "../domain/telling/letters.ts";
import type { News } from "../domain/telling/news.ts";
import type { Post } from "./post.ts";

/** The same news bears the same id; it has no full stop, which parts what is signed. */
export const messageId = (id: string): string => `msg_${createHash("sha256").update(id, "utf8").digest("hex").slice(0, 32)}`;

/** secrets: more than one while receivers change from one to the next ("Zero downtime secret rotation"). */
export function signatureOf(secrets: readonly string[], id: string, seconds: number, body: string): string {
  const sign = (secret: string): string => {
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${seconds}.${body}`, "utf8").digest("base64")}`;
  };
  return secrets.map(sign).join(" ");
}

type Options = { url: string; secrets: readonly string[]; post: Post; now: () => Date };

/** One message for each: a machine is told nothing in bundles. */
export function createTellWebhook({ url, secrets, post, now }: Options) {
  const tell = ({ id: newsId, type, at, about, title, text, data }: News): Promise<Sent> => {
    const id = messageId(newsId);
    const seconds = Math.floor(now().getTime() / 1000);
    const body = JSON.stringify({ type, timestamp: at, data: { about, title, text, ...data } });
    const signature = signatureOf(secrets, id, seconds, body);
    return post(url, { "webhook-id": id, "webhook-timestamp": String(seconds), "webhook-signature": signature }, body);
  };
  return async (bundle: readonly News[]): Promise<Sent> => {
    for (const news of bundle) {
      const sent = await tell(news);
      if (!sent.ok) return sent;
    }
    return { ok: true };
  };
}
