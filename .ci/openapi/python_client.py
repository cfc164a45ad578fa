"""Calls Countersign by the client that openapi-python-client has generated. One line for each check.

    python python_client.py FOLDER FACTS
"""

import base64
import json
import sys

sys.path.insert(0, sys.argv[1])

from authenticator import code_of
from generated_client import AuthenticatedClient, Client, models
from generated_client.api.access_tokens import oauth2_introspect, oauth2_jwks, oauth2_token
from generated_client.api.admin_audit import admin_audit_list
from generated_client.api.admin_change_requests import admin_change_requests_list
from generated_client.api.admin_clients import admin_clients_create, admin_clients_list, admin_clients_update
from generated_client.api.admin_multi_admin import admin_multi_admin_switch
from generated_client.api.admin_sessions import admin_me, admin_sessions_create
from generated_client.api.admin_signing_keys import admin_signing_keys_list
from generated_client.api.clients import clients_add, clients_list, clients_list_by_query, clients_set_features
from generated_client.api.settings import settings_get_multi_by_query, settings_set_multi

facts = json.load(open(sys.argv[2]))
url, application = facts["url"], facts["application"]
[owner] = application["clients"]
[ada, _] = application["administrators"]


def check(what, fits, seen):
    if not fits:
        sys.exit(f"not ok {what}: {seen}")
    print(f"ok {what}", flush=True)


def basic(client_id, secret):
    token = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return AuthenticatedClient(url, token=token, prefix="Basic")


def machine():
    client = basic(owner["client_id"], owner["client_secret"])

    refused = clients_list.sync(client=basic("owner", "wrong"), body=models.ClientsListBody())
    check("a wrong secret is an Error", isinstance(refused, models.Error) and refused.code == 402, refused)

    body = models.ClientsAddBody(description="Reader", features=json.dumps(["direct_read_access", "owner"]))
    added = clients_add.sync(client=client, body=body)
    check("create a client with features", isinstance(added, models.CreatedClient), added)
    features = [feature.value for feature in added.features]
    check("the features arrived", features == ["direct_read_access", "owner"], features)

    listed = clients_list_by_query.sync(client=client, has_features=json.dumps(["direct_read_access"]))
    check("list clients by feature, by GET", [one.client_id for one in listed.results] == [added.client_id], listed)
    listed = clients_list.sync(client=client, body=models.ClientsListBody())
    check("list clients, by POST", {one.client_id for one in listed.results} == {"owner", added.client_id}, listed)

    items = json.dumps({"colour": "blue", "size": "4"})
    done = settings_set_multi.sync(client=client, body=models.SettingsSetMultiBody(items=items))
    check("set several settings", done.result.additional_properties == {"colour": False, "size": False}, done)
    keys = json.dumps(["colour", "minimum_age", "none"])
    some = settings_get_multi_by_query.sync(client=client, keys=keys)
    wanted = {"colour": "blue", "minimum_age": "13", "none": None}
    check("get several settings by their keys, by GET", some.result.additional_properties == wanted, some)

    granted = models.GrantType.CLIENT_CREDENTIALS
    issued = oauth2_token.sync(client=client, body=models.Oauth2TokenBody(grant_type=granted))
    check("issue a token", issued.token_type == models.TokenType.BEARER and issued.scope == "payments", issued)
    said = oauth2_introspect.sync(client=client, body=models.Oauth2IntrospectBody(token=issued.access_token))
    check("introspect the token", said.active is True and said.client_id == "owner", said)
    keys = oauth2_jwks.sync(client=Client(url))
    check("read the public keys", all(key.kty == "EC" for key in keys.keys) and len(keys.keys) > 0, keys)
    return client, added.client_id


def administration():
    body = models.AdminSessionsCreateBody(
        email=ada["email"], password=ada["password"], code=code_of(ada["totp_secret"])
    )
    session = admin_sessions_create.sync(client=Client(url), body=body)
    check("sign in", isinstance(session, models.Session), session)
    client = AuthenticatedClient(url, token=session.token)

    me = admin_me.sync(client=client)
    held = [privilege.value for privilege in me.privileges]
    check("see oneself", me.email == ada["email"] and held == ["manage_modules", "manage_users"], me)

    modules = models.AdminClientsCreateBodyModules.from_dict({"payments": {"administrator": True}})
    body = models.AdminClientsCreateBody(name="Shop", allow_list=["10.0.0.0/8"], modules=modules)
    created = admin_clients_create.sync_detailed(client=client, body=body, idempotency_key="one")
    again = admin_clients_create.sync_detailed(client=client, body=body, idempotency_key="one")
    path = f"/admin/clients/{created.parsed.client_id}"
    check("create a client, once", created.parsed.client_id == again.parsed.client_id, again)
    check("its place is in the headers", created.headers["location"] == path and created.headers["etag"], created)
    listed = admin_clients_list.sync(client=client, limit=200)
    check("list clients as an administrator", "Shop" in [one.name for one in listed.items], listed)
    stale = admin_clients_update.sync(
        created.parsed.client_id, client=client, body=models.AdminClientsUpdateBody(name="Store"), if_match='"9"'
    )
    is_stale = isinstance(stale, models.Problem) and stale.status == 412
    check("a stale version is a Problem", is_stale, stale)

    keys = admin_signing_keys_list.sync(client=client)
    states = {key.state.value for key in keys.keys}
    check("list the signing keys", "signing" in states and states <= {"signing", "next", "last"}, keys)
    events = admin_audit_list.sync(client=client, outcome=models.AuditOutcome.APPLIED)
    check("read the audit", {"admin.clients.create", "clients.add"} <= {e.action for e in events.items}, events)
    return client


def approvals(owner_client, client, added):
    # A code works once, so that this is the next one.
    body = models.AdminMultiAdminSwitchBody(enabled=True, code=code_of(ada["totp_secret"], ahead=1))
    switched = admin_multi_admin_switch.sync(client=client, body=body)
    check("switch multi admin on", switched.enabled is True, switched)
    body = models.ClientsSetFeaturesBody(for_client_id=added, features=json.dumps([]))
    pending = clients_set_features.sync(client=owner_client, body=body)
    check("a machine's change is Pending", isinstance(pending, models.Pending), pending)
    body = models.AdminClientsUpdateBody(name="Other")
    held = admin_clients_update.sync_detailed("owner", client=client, body=body)
    waits = isinstance(held.parsed, models.PendingChange) and held.status_code == 202
    check("an administrator's change is a PendingChange", waits, held)
    listed = admin_change_requests_list.sync(client=client, state=models.ChangeState.PENDING)
    wanted = {pending.change_request, held.parsed.change_request.id}
    check("list the change requests", {one.id for one in listed.items} == wanted, listed)


owner_client, added = machine()
approvals(owner_client, administration(), added)
