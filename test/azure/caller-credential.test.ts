import { expect, test } from "vitest";
import { createCallerCredential, shareToken } from "../../src/azure/caller-credential.ts";
import { readOnly } from "../../src/azure/read-only.ts";

const HOUR = 3_600_000;

function setUp(lives = HOUR) {
  let at = 0;
  let asked = 0;
  const refuses = { next: false };
  const credential = {
    async getToken(scopes: string | string[]) {
      asked += 1;
      if (refuses.next) throw new Error("no");
      return { token: `${[scopes].flat().join()} ${asked}`, expiresOnTimestamp: at + lives };
    },
  };
  const shared = shareToken(credential, () => at);
  return {
    get: async (scope = "arm") => (await shared.getToken(scope))?.token,
    asked: () => asked,
    pass: (ms: number) => void (at += ms),
    refuses,
  };
}

test("one token serves all who ask, at once or later, for each audience", async () => {
  const { get, asked } = setUp();
  expect(await Promise.all([get(), get(), get("vault")])).toEqual(["arm 1", "arm 1", "vault 2"]);
  expect(await get()).toBe("arm 1");
  expect(asked()).toBe(2);
});

test("a token that ends soon is asked for anew, by one for all", async () => {
  const { get, pass, asked } = setUp();
  await get();
  pass(HOUR - 4 * 60_000);
  expect(await Promise.all([get(), get()])).toEqual(["arm 2", "arm 2"]);
  expect(asked()).toBe(2);
});

test("a failure is not kept", async () => {
  const { get, refuses } = setUp();
  refuses.next = true;
  await expect(get()).rejects.toThrow("no");
  refuses.next = false;
  expect(await get()).toBe("arm 2");
});

test("who is nobody gets a word on each way that was tried", async () => {
  const names = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "PATH"] as const;
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) delete process.env[name];
  try {
    const nothing = readOnly({
      sendRequest: async () => Promise.reject(Object.assign(new Error("no route"), { name: "RestError", code: "ENETUNREACH" })),
    });
    await expect(createCallerCredential(nothing).getToken("https://management.azure.com/.default")).rejects.toThrow(
      /EnvironmentCredential[\s\S]*Azure CLI[\s\S]*ManagedIdentityCredential/,
    );
  } finally {
    for (const [name, value] of before) if (value !== undefined) process.env[name] = value;
  }
});
