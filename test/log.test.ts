import { expect, test } from "vitest";
import { createLog } from "../src/log.ts";

test("each thing is one line of JSON at its level, named first", () => {
  const lines: string[] = [];
  const at = (level: string) => (line: string) => void lines.push(`${level} ${line}`);
  const log = createLog({ info: at("info"), warn: at("warn"), error: at("error") });
  log.info("looked", { vaultId: "/v", text: "two\nlines" });
  log.warn("eventDropped", {});
  log.error("closed", { outcome: "Escalated" });
  expect(lines).toEqual([
    'info {"event":"looked","vaultId":"/v","text":"two\\nlines"}',
    'warn {"event":"eventDropped"}',
    'error {"event":"closed","outcome":"Escalated"}',
  ]);
});

test("an invocation's context keeps its own `this`", () => {
  class Context {
    readonly lines: string[] = [];
    info(line: string): void {
      this.lines.push(line);
    }
    warn(line: string): void {
      this.lines.push(line);
    }
    error(line: string): void {
      this.lines.push(line);
    }
  }
  const context = new Context();
  createLog(context).info("looked", {});
  expect(context.lines).toHaveLength(1);
});

test("a line is never longer than what takes it, and says what was cut", () => {
  const lines: string[] = [];
  const add = (line: string) => void lines.push(line);
  createLog({ info: add, warn: add, error: add }).warn("eventIgnored", {
    vaultId: "/v",
    text: "x".repeat(1_000_000),
    ids: Array.from({ length: 20_000 }, (_, i) => i),
  });
  expect(lines[0]!.length).toBeLessThanOrEqual(30_000);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    event: "eventIgnored",
    vaultId: "/v",
    text: expect.stringContaining("[cut: 1000000 characters, sha256 "),
  });
});
