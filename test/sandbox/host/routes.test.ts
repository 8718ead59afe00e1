import { expect, test } from "vitest";
import { Routes } from "../../../sandbox/host/routes.ts";

const TEMPLATES = ["api/{*path}", "api/targets/{*id}", "api/targets", "api/targets/{id:int}", "api/targets/new"];
const routes = new Routes(TEMPLATES.map((template) => ({ methods: ["GET"], template, target: template })));

test.each([
  ["/api/targets", "api/targets", {}],
  ["/api/targets/", "api/targets", {}],
  ["/api/targets/new", "api/targets/new", {}],
  ["/api/targets/7", "api/targets/{id:int}", { id: "7" }],
  ["/api/targets/a/b", "api/targets/{*id}", { id: "a/b" }],
  ["/api/else", "api/{*path}", { path: "else" }],
])("%s is answered by %s", (path, target, params) => {
  expect(routes.match("GET", path)).toEqual({ target, params });
});
