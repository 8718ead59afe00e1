/** Whether the service could use a key version at all: its kind, and what it may be used for. */
import type { KeyVersionFacts } from "../facts.ts";

/** Microsoft Learn, "Data encryption at rest in vCore", requirements. */
export const SIZES = [2048, 3072, 4096];

/** Undefined where the service can use it, as far as was read. */
export function whyUnfit({ type, size }: KeyVersionFacts): string | undefined {
  if (type !== null && !/^RSA(-HSM)?$/i.test(type)) return `is of type ${type}; RSA or RSA-HSM is needed`;
  return size !== null && !SIZES.includes(size) ? `has ${size} bits; ${SIZES.join(", ")} are allowed` : undefined;
}

/** What the service does with a key (Microsoft Learn, "About keys": key_ops). */
export const NEEDED_OPERATIONS = ["wrapKey", "unwrapKey"];

export const missingOperations = (operations: readonly string[]): string[] =>
  NEEDED_OPERATIONS.filter((needed) => !operations.some((operation) => operation.toLowerCase() === needed.toLowerCase()));
