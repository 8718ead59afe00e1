/** What keeps an app from starting: here it is said, where Azure often says nothing. */
import { afterAll, expect, test } from "vitest";
import { removeStateDirectories, startHost } from "./host-process.ts";

afterAll(removeStateDirectories);

test.each([
  ["duplicate", 'A function with id "same" has already been registered.'],
  ["entity", "The local host does not play the binding 'entityTrigger' of function 'counter'."],
  ["empty", "registers no function"],
  ["throwing", "no configuration"],
  ["missing", "Cannot find module"],
])("refuses the app '%s'", async (app, message) => {
  await expect(startHost({ app })).rejects.toThrow(message);
});

test("refuses a registration after start-up", async () => {
  const host = await startHost({ app: "late" });
  expect(await (await fetch(`${host.url}/api/late`)).text()).toBe("A function can only be registered during app startup.");
  await host.stop();
});
