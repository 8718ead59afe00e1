import { expect, test } from "vitest";
import { revokedText } from "../../../../sandbox/azure/documentdb/status-text.ts";

test.each([4000, 4002, 4003, 4005, 4006, 4009, 4015, 4016, 4017, 4018])("the text of %i ends in its code", (code) => {
  expect(revokedText(code)).toMatch(/^Access to your account is currently revoked because .+\(\d{4}\)\.$/);
  expect(revokedText(code).endsWith(` (${code}).`)).toBe(true);
});

test("a text is the swagger's, word by word", () => {
  expect(revokedText(4002)).toBe(
    "Access to your account is currently revoked because the current default identity no longer has permission to the associated Key Vault key; for more details about this error and how to restore access to your account please visit https://learn.microsoft.com/en-us/azure/cosmos-db/cmk-troubleshooting-guide#default-identity-is-unauthorized-to-access-the-azure-key-vault-key (4002).",
  );
});

test.each([null, 4008])("%s has no text of its own", (code) => {
  expect(revokedText(code)).toBe(
    "Access to your account is currently revoked; for more details about this error and how to restore access to your account please visit https://learn.microsoft.com/en-us/azure/cosmos-db/cmk-troubleshooting-guide",
  );
});
