/** Names as Azure allows them: Microsoft Learn, "Naming rules and restrictions for Azure resources". Words of ids are as legal as any other. */
import fc from "fast-check";

const WORDS = ["providers", "Providers", "subscriptions", "resourceGroups", "keys", "versions", "vaults", "constructor", "toString", "CON"];

/** Any name that fits the rule, and words that mean something elsewhere in an id, where the rule lets them pass. */
const names = (rule: RegExp): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.stringMatching(rule) },
    { weight: 1, arbitrary: fc.constantFrom(...WORDS.filter((word) => rule.test(word))) },
  );

/** Letters and digits "as defined by the Char.IsLetterOrDigit function", which looks at one UTF-16 unit: no letter beyond U+FFFF. */
const LETTER = fc.oneof(
  fc.constantFrom(...Array.from("abzAZ019_-.()")),
  fc.constantFrom(...Array.from("éÉßẞıİſKΣσςþДд中日あアकاא０")),
  fc
    .integer({ min: 0x80, max: 0xffff })
    .map((unit) => String.fromCharCode(unit))
    .filter((letter) => /[\p{Lu}\p{Ll}\p{Lt}\p{Lm}\p{Lo}\p{Nd}]/u.test(letter)),
);

/** 1 to 90, no full stop at the end. */
export const groupName = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(LETTER, { minLength: 1, maxLength: 90 })
      .map((letters) => letters.join(""))
      .filter((name) => !name.endsWith(".")),
  },
  { weight: 1, arbitrary: fc.constantFrom(...WORDS, "rg.(a)_b-c", "rg-données", "()", ".a") },
);
/** Globally unique, so a word is nobody's; begins with a letter. */
const vaultName = names(/^[a-zA-Z](?:-?[a-zA-Z0-9]){2,11}$/);
export const keyName = names(/^[0-9a-zA-Z-]{1,127}$/);
const identityName = names(/^[0-9a-zA-Z][0-9a-zA-Z_-]{2,127}$/);
const accountName = names(/^[a-z0-9][a-z0-9-]{2,43}$/);
const clusterName = names(/^[a-z0-9](?:-?[a-z0-9]){2,19}$/);
export const guid = fc.uuid();

const resource = (type: string, name: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(guid, groupName, name).map(([sub, group, own]) => `/subscriptions/${sub}/resourceGroups/${group}/providers/${type}/${own}`);

export const vaultId = resource("Microsoft.KeyVault/vaults", vaultName);
export const accountId = resource("Microsoft.DocumentDB/databaseAccounts", accountName);
export const clusterId = resource("Microsoft.DocumentDB/mongoClusters", clusterName);
export const identityId = resource("Microsoft.ManagedIdentity/userAssignedIdentities", identityName);
export const keyId = fc.tuple(vaultId, keyName).map(([vault, key]) => `${vault}/keys/${key}`);
export const resourceId = fc.oneof(vaultId, accountId, clusterId, identityId, keyId);
export const assignmentOf = (scope: string, name: string): string => `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;

/** One id as Azure, its event sources and its documents may write it. */
export const spellings = (id: string): fc.Arbitrary<string> =>
  fc
    .record({
      casing: fc.constantFrom("as it is", "lower", "documented words lower"),
      slash: fc.boolean(),
      end: fc.boolean(),
      encoded: fc.boolean(),
    })
    .map(({ casing, slash, end, encoded }) => {
      const cased = casing === "lower" ? asciiLower(id) : casing === "as it is" ? id : id.replace("/resourceGroups/", "/resourcegroups/");
      const url = encoded ? cased.split("/").map(encodeURIComponent).join("/") : cased;
      return `${slash ? url : url.slice(1)}${end ? "/" : ""}`;
    });

const asciiLower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
