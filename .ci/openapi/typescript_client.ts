// Calls Countersign by openapi-fetch, with the types that openapi-typescript has generated. One line for each check.
//
//     node client.js FACTS

import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

import createClient from "openapi-fetch";

import type { components, paths } from "./schema.d.ts";

type Schemas = components["schemas"];
type Person = { email: string; password: string; totp_secret: string };
type Facts = {
  url: string;
  application: { clients: { client_id: string; client_secret: string }[]; administrators: Person[] };
};

const facts: Facts = JSON.parse(readFileSync(process.argv[2]!, "utf8"));
const owner = facts.application.clients[0]!;
const ben = facts.application.administrators[1]!;

function check(what: string, fits: boolean | undefined, seen: unknown) {
  if (fits !== true) {
    console.log(`not ok ${what}: ${JSON.stringify(seen)}`);
    process.exit(1);
  }
  console.log(`ok ${what}`);
}

// The code that an authenticator shows now, or that many steps later. One step is accepted.
function codeOf(secret: string, ahead = 0): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replace(/=/g, "")].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const digest = createHmac("sha1", key).update(step).digest();
  const offset = digest[19]! & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

// openapi-fetch sends a form where it is told to.
const form = { headers: { "Content-Type": "application/x-www-form-urlencoded" } };

function clientOf(authorization?: string) {
  const headers = authorization === undefined ? {} : { authorization };
  return createClient<paths>({ baseUrl: facts.url, headers });
}

const basic = Buffer.from(`${owner.client_id}:${owner.client_secret}`).toString("base64");
const machine = clientOf(`Basic ${basic}`);
const anyone = clientOf();

{
  const { data } = await clientOf("Basic eDp5").POST("/clients/list", { body: {}, ...form });
  check("a wrong secret is an Error", data?.stat === "error" && data.code === 402, data);
}
let added: Schemas["CreatedClient"];
{
  const features = JSON.stringify(["direct_access"]);
  const { data } = await machine.POST("/clients/add", { body: { description: "Script", features }, ...form });
  check("create a client with features", data?.stat === "ok" && data.features.join() === "direct_access", data);
  added = data as Schemas["CreatedClient"];
}
{
  const query = { has_features: JSON.stringify(["direct_access"]) };
  const { data } = await machine.GET("/clients/list", { params: { query } });
  const ids = data?.stat === "ok" ? data.results.map((client) => client.client_id) : [];
  check("list clients by feature, by GET", ids.join() === added.client_id, data);
}
{
  const items = JSON.stringify({ shape: "round" });
  const { data } = await machine.POST("/settings/set_multi", { body: { items }, ...form });
  check("set several settings", data?.stat === "ok" && data.result["shape"] === false, data);
}
{
  const query = { keys: JSON.stringify(["shape", "none"]) };
  const { data } = await machine.GET("/settings/get_multi", { params: { query } });
  check("get several settings by their keys", data?.stat === "ok" && data.result["shape"] === "round" && data.result["none"] === null, data);
}
{
  const { data } = await machine.POST("/oauth2/token", { body: { grant_type: "client_credentials" }, ...form });
  check("issue a token", data?.token_type === "Bearer" && data.scope === "payments", data);
  const { data: said } = await machine.POST("/oauth2/introspect", { body: { token: data!.access_token }, ...form });
  check("introspect the token", said?.active === true && said.client_id === "owner", said);
}
{
  const { data } = await anyone.GET("/.well-known/jwks.json");
  check("read the public keys", data?.keys.every((key) => key.kty === "EC"), data);
}

const credentials = { email: ben.email, password: ben.password, code: codeOf(ben.totp_secret) };
const begun = await anyone.POST("/admin/sessions", { body: credentials });
check("sign in", begun.data !== undefined, begun.error);
const admin = clientOf(`Bearer ${begun.data!.token}`);
{
  const { data } = await admin.GET("/admin/me");
  check("see oneself", data?.email === ben.email && data.privileges.includes("manage_modules"), data);
}
{
  const { data } = await admin.GET("/admin/clients", { params: { query: { limit: 200 } } });
  check("list clients as an administrator", data?.items.some((client) => client.name === "Script"), data);
}
{
  // A code works once, so that this is the next one.
  const body = { enabled: true, code: codeOf(ben.totp_secret, 1) };
  const { data } = await admin.PUT("/admin/multi-admin", { body });
  check("switch multi admin on", data !== undefined && "enabled" in data && data.enabled, data);
}
{
  const body = { name: "Held", features: ["owner" as const] };
  const { data, response } = await admin.POST("/admin/clients", { body });
  const waits = response.status === 202 && data !== undefined && "change_request" in data;
  check("a creation waits, with multi admin on", waits && data.change_request.state === "pending", data);
  const place = response.headers.get("location");
  check("its place is in the headers", waits && place === `/admin/change-requests/${data.change_request.id}`, place);
  const id = waits ? data.change_request.id : "";
  const path = { id };
  const seen = await admin.POST("/admin/change-requests/{id}/reject", { params: { path }, body: { reason: "No." } });
  check("withdraw the change request", seen.data?.state === "withdrawn" && seen.data.reason === "No.", seen);
}
{
  const { error, response } = await admin.GET("/admin/change-requests/{id}", { params: { path: { id: "none" } } });
  const is = response.status === 404 && error !== undefined && "type" in error;
  check("what is not there is a Problem", is && error.type === "urn:countersign:problem:not-found", error);
}
{
  const { data } = await admin.GET("/admin/signing-keys");
  check("list the signing keys", data?.keys.some((key) => key.state === "signing"), data);
}
{
  const { data } = await admin.GET("/admin/audit", { params: { query: { outcome: "requested", limit: 1 } } });
  check("read the audit", data?.items.length === 1 && data.items[0]?.outcome === "requested", data);
}
