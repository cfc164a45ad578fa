"""Lets Authlib, PyJWT and requests-oauthlib work with Countersign, as they are published."""

import base64
import hashlib
import hmac
import json
import os
import struct
import sys
import time

# HTTP on loopback; both refuse it otherwise.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

import jwt
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc6750.errors import InsufficientScopeError, InvalidTokenError
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from joserfc.jwk import KeySet
from oauthlib.oauth2 import BackendApplicationClient
from oauthlib.oauth2.rfc6749 import errors as oauthlib_errors
from requests_oauthlib import OAuth2Session as OauthlibSession

AUDIENCE, OTHER_AUDIENCE = "https://api.python.example", "https://reports.python.example"
ALL_SCOPES = "collections payments payments:admin"


def main(facts):
    url, application = facts["url"], facts["application"]
    client, resource_server = application["clients"]
    metadata = discover(url)
    checks = Checks(metadata, client, resource_server)
    checks.tokens()
    checks.verification()
    checks.refusals()
    checks.introspection()
    checks.revocation()
    checks.oauthlib()
    ada, ben = (Administrator(url, person) for person in application["administrators"])
    checks.switched_off(ada)
    checks.rotation(ada)
    checks.replaced_keys(ben)


def passed(name):
    print(f"ok Python: {name}", flush=True)


def equal(name, found, wanted):
    if found != wanted:
        sys.exit(f"Python: {name}: {found!r} instead of {wanted!r}")
    passed(name)


def refused(name, error, call, wanted=None):
    """The call must raise the library's own error, and its `error` must be the wanted one."""
    try:
        call()
    except error as fault:
        if wanted is not None and fault.error != wanted:
            sys.exit(f"Python: {name}: {fault.error!r} ({fault}) instead of {wanted!r}")
        return passed(name)
    sys.exit(f"Python: {name}: it was not refused")


def discover(url):
    address = get_well_known_url(url, external=True)
    metadata = AuthorizationServerMetadata(requests.get(address, timeout=30).json())
    metadata.validate()
    passed("the metadata are valid by RFC 8414")
    equal("the issuer is where the metadata are", metadata["issuer"], url)
    return metadata


class Administrator:
    """Someone with a session of the admin API."""

    def __init__(self, url, person):
        self.url, self.key = url, base64.b32decode(person["totp_secret"])
        self.headers = {}
        # The present code, and for what follows the next one: each works once, a step early as well.
        self.step = int(time.time()) // 30
        credentials = {"email": person["email"], "password": person["password"], "code": self.code()}
        token = self.call("POST", "/admin/sessions", credentials)["token"]
        self.headers = {"authorization": f"Bearer {token}"}

    def code(self):
        digest = hmac.digest(self.key, struct.pack(">Q", self.step), hashlib.sha1)
        self.step += 1
        place = digest[19] & 15
        number = struct.unpack(">I", digest[place : place + 4])[0] & 0x7FFFFFFF
        return f"{number % 1_000_000:06}"

    def call(self, method, path, body):
        answer = requests.request(method, self.url + path, json=body, headers=self.headers, timeout=30)
        if not answer.ok:
            sys.exit(f"Python: {method} {path} was answered with {answer.status_code}: {answer.text}")
        return answer.json()

    def rotate(self, compromised=False):
        return self.call("POST", "/admin/signing-keys/rotate", {"code": self.code(), "compromised": compromised})


class Validator(JWTBearerTokenValidator):
    """A resource server that reads the keys once."""

    def __init__(self, metadata, audience):
        super().__init__(metadata["issuer"], audience)
        self.jwks = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=30).json())

    def get_jwks(self):
        return self.jwks

    def admit(self, token, scopes):
        claims = self.authenticate_token(token)
        self.validate_token(claims, scopes, None)
        return claims


class Checks:
    def __init__(self, metadata, client, resource_server):
        self.metadata, self.client, self.resource_server = metadata, client, resource_server
        self.basic = self.session(client)
        self.post = self.session(client, method="client_secret_post")
        self.inspector = self.session(resource_server)
        self.keys = jwt.PyJWKClient(metadata["jwks_uri"])

    def session(self, client, secret=None, method="client_secret_basic"):
        return OAuth2Session(
            client["client_id"],
            secret or client["client_secret"],
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            default_timeout=30,
        )

    def token(self, session=None, **parameters):
        parameters.setdefault("grant_type", "client_credentials")
        return (session or self.basic).fetch_token(self.metadata["token_endpoint"], **parameters)

    def claims(self, token, keys=None, audience=AUDIENCE, issuer=None):
        return jwt.decode(
            token["access_token"],
            (keys or self.keys).get_signing_key_from_jwt(token["access_token"]),
            algorithms=["ES256"],
            audience=audience,
            issuer=issuer or self.metadata["issuer"],
            options={"require": ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"]},
        )

    def introspect(self, token, session=None):
        answer = (session or self.inspector).introspect_token(
            self.metadata["introspection_endpoint"], token=token, token_type_hint="access_token"
        )
        answer.raise_for_status()
        return answer.json()

    def is_active(self, token):
        return self.introspect(token["access_token"])["active"]

    def revoke(self, token, session=None):
        return (session or self.basic).revoke_token(
            self.metadata["revocation_endpoint"], token=token, token_type_hint="access_token"
        )

    def tokens(self):
        token = self.token()
        equal("Authlib gets a token with client_secret_basic and every character in the secret", bool(token), True)
        equal("it is a bearer token for five minutes", (token["token_type"], token["expires_in"]), ("Bearer", 300))
        equal("there is no refresh token", token.get("refresh_token"), None)
        equal("its scopes are all modules of the client", token["scope"], ALL_SCOPES)
        token = self.token(self.post)
        equal("Authlib gets a token with client_secret_post", token["scope"], ALL_SCOPES)
        token = self.token(scope="payments")
        equal("a narrower scope is in the answer", token["scope"], "payments")
        equal("a narrower scope is in the token", self.claims(token)["scope"], "payments")
        for parameter in ["audience", "resource"]:
            token = self.token(**{parameter: OTHER_AUDIENCE})
            claims = self.claims(token, audience=OTHER_AUDIENCE)
            equal(f"the token is for the {parameter} that was asked for", claims["aud"], OTHER_AUDIENCE)

    def verification(self):
        token = self.token()
        claims = self.claims(token)
        client_id = self.client["client_id"]
        passed("PyJWT verifies signature, issuer, audience and expiry")
        equal("the token is of the client", (claims["sub"], claims["client_id"]), (client_id, client_id))
        equal("the token has the scopes", claims["scope"], ALL_SCOPES)
        equal("it expires five minutes after it was issued", claims["exp"] - claims["iat"], 300)
        header = jwt.get_unverified_header(token["access_token"])
        equal("the header says at+jwt and ES256", (header["typ"], header["alg"]), ("at+jwt", "ES256"))
        refused(
            "PyJWT refuses it for another audience",
            jwt.InvalidAudienceError,
            lambda: self.claims(token, audience=OTHER_AUDIENCE),
        )
        altered = list(token["access_token"].split("."))
        altered[1] = base64.urlsafe_b64encode(json.dumps(claims | {"scope": "reports"}).encode()).decode().rstrip("=")
        refused(
            "PyJWT refuses it with another scope written in",
            jwt.InvalidSignatureError,
            lambda: self.claims({"access_token": ".".join(altered)}),
        )
        validator = Validator(self.metadata, AUDIENCE)
        admitted = validator.admit(token["access_token"], ["payments collections"])
        equal("Authlib's validator for RFC 9068 admits it", admitted["client_id"], client_id)
        refused(
            "Authlib's validator misses a scope",
            InsufficientScopeError,
            lambda: validator.admit(token["access_token"], ["reports"]),
        )
        refused(
            "Authlib's validator refuses it for another audience",
            InvalidTokenError,
            lambda: Validator(self.metadata, OTHER_AUDIENCE).admit(token["access_token"], []),
        )

    def refusals(self):
        refused(
            "a module that the client does not have is invalid_scope",
            OAuthError,
            lambda: self.token(scope="payments reports"),
            "invalid_scope",
        )
        refused(
            "Administrator of a module where it is none is invalid_scope",
            OAuthError,
            lambda: self.token(scope="collections:admin"),
            "invalid_scope",
        )
        refused(
            "an audience that the application does not allow is invalid_target",
            OAuthError,
            lambda: self.token(audience="https://elsewhere.example"),
            "invalid_target",
        )
        for method in ["client_secret_basic", "client_secret_post"]:
            refused(
                f"a wrong secret with {method} is invalid_client",
                OAuthError,
                lambda method=method: self.token(self.session(self.client, "wrong", method)),
                "invalid_client",
            )
        refused(
            "another grant is unsupported_grant_type",
            OAuthError,
            lambda: self.token(grant_type="password", username="u", password="p"),
            "unsupported_grant_type",
        )

    def introspection(self):
        token = self.token()
        found = self.introspect(token["access_token"])
        equal("another client of the application sees that it is active", found.pop("active"), True)
        equal("introspection says token_type Bearer", found.pop("token_type"), "Bearer")
        equal("introspection says what the token says", found, self.claims(token))
        own = self.introspect(token["access_token"], self.post)
        equal("introspection takes client_secret_post", own["active"], True)
        equal("of a text that is no token nothing is said", self.introspect("no token"), {"active": False})

    def revocation(self):
        token, other = self.token(), self.token()
        foreign = self.revoke(token["access_token"], self.inspector)
        equal("another client cannot revoke it", (foreign.status_code, self.is_active(token)), (400, True))
        for session in [self.basic, self.post]:
            equal(
                f"{session.token_endpoint_auth_method} revokes it, and once more does no harm",
                (self.revoke(token["access_token"], session).status_code, self.is_active(token)),
                (200, False),
            )
        equal("another token of the client stays active", self.is_active(other), True)
        equal("a text that is no token is revoked as well", self.revoke("no token").status_code, 200)

    def oauthlib(self):
        def session(scope=None):
            client = BackendApplicationClient(self.client["client_id"], scope=scope)
            return OauthlibSession(client=client)

        def token(session, secret=self.client["client_secret"], **how):
            address = self.metadata["token_endpoint"]
            return session.fetch_token(address, client_secret=secret, timeout=30, **how)

        for where, include_client_id in [("in the header", None), ("in the body", True)]:
            sent, asking = [], session("payments")
            asking.hooks["response"].append(lambda response, sent=sent, **_: sent.append(response.request))
            issued = token(asking, include_client_id=include_client_id)
            in_header, in_body = "authorization" in sent[0].headers, "client_secret=" in sent[0].body
            equal(
                f"requests-oauthlib gets a token with the credentials {where}",
                (in_header, in_body, self.claims(issued)["scope"]),
                (not include_client_id, bool(include_client_id), "payments"),
            )
        refused(
            "oauthlib has its own error for invalid_scope",
            oauthlib_errors.InvalidScopeError,
            lambda: token(session("reports")),
        )
        refused(
            "oauthlib has its own error for invalid_client",
            oauthlib_errors.InvalidClientError,
            lambda: token(session(), "wrong"),
        )

    def switched_off(self, administrator):
        token = self.token()
        path = f"/admin/clients/{self.client['client_id']}"
        before = self.is_active(token)
        administrator.call("PATCH", path, {"enabled": False})
        equal("a token is dead once its client is disabled", (before, self.is_active(token)), (True, False))
        refused("a disabled client is invalid_client", OAuthError, self.token, "invalid_client")
        administrator.call("PATCH", path, {"enabled": True})
        equal("an enabled client gets tokens again", self.token()["scope"], ALL_SCOPES)

    def rotation(self, administrator):
        """The keys that a resource server holds are enough for tokens from before and after."""
        keys, before = jwt.PyJWKClient(self.metadata["jwks_uri"]), self.token()
        self.claims(before, keys)
        held = {key.key_id for key in keys.get_signing_keys()}
        validator = Validator(self.metadata, AUDIENCE)
        administrator.rotate()
        after = self.token()
        old, new = (jwt.get_unverified_header(token["access_token"])["kid"] for token in (before, after))
        equal("after a rotation another key signs, which was published before", (old != new, new in held), (True, True))
        self.claims(after, keys)
        passed("PyJWT verifies a token of the new key with the keys that it holds")
        equal(
            "Authlib's validator admits a token of the new key with the keys that it holds",
            validator.admit(after["access_token"], ["payments"])["sub"],
            self.client["client_id"],
        )
        self.claims(before, keys)
        self.claims(before, jwt.PyJWKClient(self.metadata["jwks_uri"]))
        passed("a token of the old key stays valid, with the keys of then and of now")
        equal("a token of the old key stays active", self.is_active(before), True)

    def replaced_keys(self, administrator):
        """Keys that may be in other hands are replaced. Libraries wait half a minute before they ask for new keys again,
        unless they are told otherwise."""
        keys, before = jwt.PyJWKClient(self.metadata["jwks_uri"], cooldown_duration=0), self.token()
        self.claims(before, keys)
        administrator.rotate(compromised=True)
        after = self.token()
        self.claims(after, keys)
        passed("after all keys were replaced PyJWT asks for the new ones")
        refused("the replaced key verifies nothing any more", jwt.PyJWKClientError, lambda: self.claims(before, keys))
        equal("a token of the replaced key is dead", (self.is_active(before), self.is_active(after)), (False, True))


with open(sys.argv[1]) as file:
    main(json.load(file))
