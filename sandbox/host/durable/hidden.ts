/** How long what a host has taken from a queue is hidden from all others: controlQueueVisibilityTimeout, workItemQueueVisibilityTimeout of host.json, unless said. */
export const HIDDEN_MS = 5 * 60_000;
