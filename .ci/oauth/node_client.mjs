// Lets openid-client, oauth4webapi and jose work with Countersign, as they are published.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRemoteJWKSet, decodeProtectedHeader, errors as joseErrors, jwtVerify } from "jose";
import * as oauth4webapi from "oauth4webapi";
import * as openid from "openid-client";

const AUDIENCE = "https://api.node.example";
const OTHER_AUDIENCE = "https://reports.node.example";
const ALL_SCOPES = "collections payments payments:admin";

const { url, application } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const [client, resourceServer] = application.clients;
const tokenHint = { token_type_hint: "access_token" };

function passed(name) {
  console.log(`ok Node: ${name}`);
}

function equal(name, found, wanted) {
  assert.deepEqual(found, wanted, name);
  passed(name);
}

// The call must be refused with an error of this class, which has at least these properties.
async function refused(name, kind, wanted, call) {
  let fault;
  try {
    await call();
  } catch (thrown) {
    fault = thrown;
  }
  assert.ok(fault instanceof kind, `${name}: ${fault}`);
  for (const [property, value] of Object.entries(wanted)) {
    assert.equal(fault[property], value, `${name}: ${property} of ${fault}`);
  }
  passed(name);
  return fault;
}

function discover(seeded, authentication = openid.ClientSecretBasic, secret = seeded.client_secret) {
  return openid.discovery(new URL(url), seeded.client_id, undefined, authentication(secret), {
    algorithm: "oauth2",
    execute: [openid.allowInsecureRequests], // HTTP on loopback
  });
}

const basic = await discover(client);
const post = await discover(client, openid.ClientSecretPost);
const inspector = await discover(resourceServer);
const metadata = basic.serverMetadata();

const token = (parameters = {}, configuration = basic) => openid.clientCredentialsGrant(configuration, parameters);
const introspect = (text, configuration = inspector) => openid.tokenIntrospection(configuration, text, tokenHint);
const isActive = async ({ access_token }) => (await introspect(access_token)).active;
const revoke = ({ access_token }, configuration = basic) =>
  openid.tokenRevocation(configuration, access_token, tokenHint);

const jwks = (options) => createRemoteJWKSet(new URL(metadata.jwks_uri), options);
const verify = ({ access_token }, keys, audience = AUDIENCE) =>
  jwtVerify(access_token, keys, {
    issuer: metadata.issuer,
    audience,
    typ: "at+jwt",
    algorithms: ["ES256"],
    requiredClaims: ["sub", "exp", "iat", "jti", "client_id"],
  });
const keyOf = ({ access_token }) => decodeProtectedHeader(access_token).kid;

// A resource server: a request with a token, checked by RFC 9068. It keeps the keys with the metadata.
const admit = ({ access_token }, server, audience = AUDIENCE) => {
  const request = new Request(audience, { headers: { authorization: `Bearer ${access_token}` } });
  const options = { [oauth4webapi.allowInsecureRequests]: true, signingAlgorithms: ["ES256"] };
  return oauth4webapi.validateJwtAccessToken(server, request, audience, options);
};

// Someone with a session of the admin API.
class Administrator {
  static async signIn({ email, password, totp_secret }) {
    const person = new Administrator();
    person.key = fromBase32(totp_secret);
    // The present code, and for what follows the next one: each works once, a step early as well.
    person.step = Math.floor(Date.now() / 30_000);
    const session = await person.call("POST", "/admin/sessions", { email, password, code: person.code() });
    person.session = session.token;
    return person;
  }

  code() {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(this.step++));
    const digest = createHmac("sha1", this.key).update(counter).digest();
    const number = digest.readUInt32BE(digest[19] & 15) & 0x7fffffff;
    return String(number % 1_000_000).padStart(6, "0");
  }

  async call(method, path, body) {
    const headers = { "content-type": "application/json" };
    if (this.session) {
      headers.authorization = `Bearer ${this.session}`;
    }
    const answer = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return answer.json();
  }

  rotate(compromised = false) {
    return this.call("POST", "/admin/signing-keys/rotate", { code: this.code(), compromised });
  }
}

function fromBase32(text) {
  const bits = [...text].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"));
  return Buffer.from(bits.join("").match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

async function tokens() {
  equal("openid-client finds the issuer where the metadata are", metadata.issuer, url);
  const issued = await token();
  equal("openid-client gets a token with client_secret_basic, percent-encoded", issued.scope, ALL_SCOPES);
  equal("it is a bearer token for five minutes", [issued.token_type, issued.expires_in], ["bearer", 300]);
  equal("there is no refresh token", issued.refresh_token, undefined);
  equal("openid-client gets a token with client_secret_post", (await token({}, post)).scope, ALL_SCOPES);
  const narrow = await token({ scope: "payments" });
  equal("a narrower scope is in the answer", narrow.scope, "payments");
  equal("a narrower scope is in the token", (await verify(narrow, jwks())).payload.scope, "payments");
  for (const parameter of ["audience", "resource"]) {
    const { payload } = await verify(await token({ [parameter]: OTHER_AUDIENCE }), jwks(), OTHER_AUDIENCE);
    equal(`the token is for the ${parameter} that was asked for`, payload.aud, OTHER_AUDIENCE);
  }
  const both = new URLSearchParams([
    ["resource", OTHER_AUDIENCE],
    ["resource", AUDIENCE],
  ]);
  const { payload } = await verify(await token(both), jwks());
  equal("the token is for both resources that were asked for", payload.aud, [OTHER_AUDIENCE, AUDIENCE]);
}

async function verification() {
  const issued = await token();
  const { payload, protectedHeader } = await verify(issued, jwks());
  passed("jose verifies signature, issuer, audience, expiry and type");
  equal("the token is of the client", [payload.sub, payload.client_id], [client.client_id, client.client_id]);
  equal("the token has the scopes", payload.scope, ALL_SCOPES);
  equal("it expires five minutes after it was issued", payload.exp - payload.iat, 300);
  equal("the header says at+jwt and ES256", [protectedHeader.typ, protectedHeader.alg], ["at+jwt", "ES256"]);
  await refused("jose refuses it for another audience", joseErrors.JWTClaimValidationFailed, { claim: "aud" }, () =>
    verify(issued, jwks(), OTHER_AUDIENCE),
  );
  const parts = issued.access_token.split(".");
  parts[1] = Buffer.from(JSON.stringify({ ...payload, scope: "reports" })).toString("base64url");
  const altered = { access_token: parts.join(".") };
  await refused("jose refuses it with another scope written in", joseErrors.JWSSignatureVerificationFailed, {}, () =>
    verify(altered, jwks()),
  );
  const server = { ...metadata };
  equal("oauth4webapi admits it by RFC 9068", (await admit(issued, server)).client_id, client.client_id);
  await refused("oauth4webapi refuses it for another audience", oauth4webapi.OperationProcessingError, {}, () =>
    admit(issued, server, OTHER_AUDIENCE),
  );
  await refused("oauth4webapi refuses it with another scope written in", oauth4webapi.OperationProcessingError, {}, () =>
    admit(altered, server),
  );
}

// openid-client makes an error of the challenge and leaves the body alone, so it is read from the response that the error
// holds.
async function refusedAsInvalidClient(name, call) {
  const fault = await refused(`${name} is challenged`, openid.WWWAuthenticateChallengeError, { status: 401 }, call);
  equal(`${name} can use Basic`, fault.cause.map(({ scheme }) => scheme), ["basic"]);
  const body = await fault.response.json();
  equal(`${name} is invalid_client`, body.error, "invalid_client");
}

async function refusals() {
  const body = openid.ResponseBodyError;
  await refused("a module that the client does not have is invalid_scope", body, { error: "invalid_scope", status: 400 }, () =>
    token({ scope: "payments reports" }),
  );
  await refused("Administrator of a module where it is none is invalid_scope", body, { error: "invalid_scope" }, () =>
    token({ scope: "collections:admin" }),
  );
  await refused("a resource that the application does not allow is invalid_target", body, { error: "invalid_target" }, () =>
    token({ resource: "https://elsewhere.example" }),
  );
  await refused("another grant is unsupported_grant_type", body, { error: "unsupported_grant_type" }, () =>
    openid.refreshTokenGrant(basic, "none"),
  );
  for (const authentication of [openid.ClientSecretBasic, openid.ClientSecretPost]) {
    const wrong = await discover(client, authentication, "wrong");
    await refusedAsInvalidClient(`a wrong secret with ${authentication.name}`, () => token({}, wrong));
  }
}

async function introspection() {
  const issued = await token();
  const { active, token_type, ...claims } = await introspect(issued.access_token);
  equal("another client of the application sees that it is active", [active, token_type], [true, "Bearer"]);
  equal("introspection says what the token says", claims, (await verify(issued, jwks())).payload);
  equal("introspection takes client_secret_post", (await introspect(issued.access_token, post)).active, true);
  equal("of a text that is no token nothing is said", await introspect("no token"), { active: false });
}

async function revocation() {
  const [first, second, other] = [await token(), await token(), await token()];
  await refused(
    "another client cannot revoke it",
    openid.ResponseBodyError,
    { error: "unauthorized_client", status: 400 },
    () => revoke(first, inspector),
  );
  equal("a token that another client tried to revoke stays active", await isActive(first), true);
  await revoke(first);
  equal("client_secret_basic revokes it", await isActive(first), false);
  await revoke(second, post);
  equal("client_secret_post revokes it", await isActive(second), false);
  await revoke(second);
  await revoke({ access_token: "no token" });
  passed("what is revoked or no token is revoked as well");
  equal("another token of the client stays active", await isActive(other), true);
}

async function switchedOff(administrator) {
  const issued = await token();
  const path = `/admin/clients/${encodeURIComponent(client.client_id)}`;
  equal("a token is active while its client is enabled", await isActive(issued), true);
  await administrator.call("PATCH", path, { enabled: false });
  equal("a token is dead once its client is disabled", await isActive(issued), false);
  await refusedAsInvalidClient("a disabled client", () => token());
  await administrator.call("PATCH", path, { enabled: true });
  equal("an enabled client gets tokens again", (await token()).scope, ALL_SCOPES);
}

// The keys that a resource server holds are enough for tokens from before and after.
async function rotation(administrator) {
  const [keys, server, before] = [jwks(), { ...metadata }, await token()];
  await verify(before, keys);
  await admit(before, server);
  const held = keys.jwks().keys.map(({ kid }) => kid);
  await administrator.rotate();
  const after = await token();
  equal("after a rotation another key signs", keyOf(before) !== keyOf(after), true);
  equal("the other key was published before", held.includes(keyOf(after)), true);
  await verify(after, keys);
  passed("jose verifies a token of the new key with the keys that it holds");
  await admit(after, server);
  passed("oauth4webapi admits a token of the new key with the keys that it holds");
  await verify(before, keys);
  await verify(before, jwks());
  passed("a token of the old key stays valid, with the keys of then and of now");
  equal("a token of the old key stays active", await isActive(before), true);
}

// Keys that may be in other hands are replaced. jose waits half a minute before it asks for new keys again, unless it is
// told otherwise.
async function replacedKeys(administrator) {
  const [keys, before] = [jwks({ cooldownDuration: 0 }), await token()];
  await verify(before, keys);
  await administrator.rotate(true);
  const after = await token();
  await verify(after, keys);
  passed("after all keys were replaced jose asks for the new ones");
  await refused("the replaced key verifies nothing any more", joseErrors.JWKSNoMatchingKey, {}, () => verify(before, keys));
  equal("a token of the replaced key is dead", [await isActive(before), await isActive(after)], [false, true]);
}

await tokens();
await verification();
await refusals();
await introspection();
await revocation();
const [ada, ben] = application.administrators;
const administrator = await Administrator.signIn(ada);
await switchedOff(administrator);
await rotation(administrator);
await replacedKeys(await Administrator.signIn(ben));
