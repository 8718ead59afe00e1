/** Moments of a repair, by the messages that the app sends in them. */
import type { Message } from "./app.ts";

export const grants = ({ to, method, url }: Message): boolean => to === "azure" && method === "PUT" && url.includes("/roleAssignments/");
export const policies = ({ to, method, url }: Message): boolean =>
  to === "azure" && method === "PUT" && url.includes("/accessPolicies/add");
export const polls = ({ to, url }: Message): boolean => to === "azure" && /operationsStatus|AsyncOperation/.test(url);
export const denials = ({ to, url }: Message): boolean => to === "azure" && url.includes("/denyAssignments");
export const row = (of: string, method: string) => (message: Message) =>
  message.to === "tables" && message.method === method && message.url.includes(`PartitionKey='${of}-`);
export const audited = (kind: string) => (message: Message) =>
  message.to === "tables" && message.url.includes("$batch") && message.body.includes(`"kind":"${kind}"`);
/** Of a step, by one run of the activity that writes. */
export const claims = ({ to, method, body }: Message): boolean =>
  to === "tables" && method === "POST" && body.includes('"PartitionKey":"claim-');
export const written = (message: Message): boolean => audited("step")(message) && message.body.includes(": done");
export const closing = (message: Message): boolean => row("incident", "PUT")(message) && message.body.includes('"state":"closed"');
