/** Whether the app is alive, as it says itself. */
import { messageOf } from "./az.ts";

/** Status and body, or why there is no answer. */
export async function answerOf(url: string): Promise<string> {
  try {
    const response = await fetch(url);
    return `${response.status} ${(await response.text()).slice(0, 200)}`;
  } catch (error) {
    return messageOf(error instanceof Error ? (error.cause ?? error) : error);
  }
}

export const isAlive = (answer: string): boolean => /^200 .*"status":"alive"/.test(answer);
