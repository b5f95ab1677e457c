"""The data plane of Key Vault: secrets and their versions, behind challenge authentication and Azure RBAC."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import Any

from azsim.arm import Arm, Resource
from azsim.call import Call
from azsim.messages import Response, json_response
from azsim.problem import Problem, bad_request
from azsim.service import Service

VAULT = "Microsoft.KeyVault/vaults"
MOST_RESULTS = 25
MOST_TAGS = 15

_NAME = re.compile("[0-9A-Za-z-]{1,127}")


def _challenge(call: Call) -> Problem:
    login = f"https://login.microsoftonline.com/{call.world.tenant}"
    header = f'Bearer authorization="{login}", resource="https://vault.azure.net"'
    return Problem(
        401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.", {"www-authenticate": header}
    )


service = Service("*.vault.azure.net", audiences=("https://vault.azure.net",), refusal=_challenge)


@dataclass(slots=True)
class Version:
    """One version of a secret. The value is here and nowhere else. `managed`: it belongs to a certificate."""

    id: str
    value: str
    content_type: str | None
    tags: dict[str, str]
    attributes: dict[str, Any]
    managed: bool = False


@dataclass(slots=True)
class Vaults:
    """Secrets: host name of the vault -> name -> versions, oldest first; and those that were deleted, not yet purged."""

    secrets: dict[str, dict[str, list[Version]]] = field(default_factory=dict)
    deleted: dict[tuple[str, str], list[Version]] = field(default_factory=dict)

    def snapshot(self) -> dict[str, Any]:
        """Every version without its times."""
        return {
            host: {
                name: [
                    {
                        "id": v.id,
                        "value": v.value,
                        "contentType": v.content_type,
                        "tags": copy.deepcopy(v.tags),
                        **{key: v.attributes[key] for key in ("enabled", "nbf", "exp") if key in v.attributes},
                    }
                    for v in versions
                ]
                for name, versions in sorted(names.items())
            }
            for host, names in sorted(self.secrets.items())
        }

    def add(self, host: str, name: str, version: Version) -> None:
        """Place a version in a vault as its newest."""
        self.secrets.setdefault(host, {}).setdefault(name, []).append(version)

    def delete(self, host: str, name: str) -> None:
        """Delete a secret softly: its name stays taken until it is purged."""
        self.deleted[host, name.lower()] = self.secrets[host].pop(name.lower())

    def versions(self, host: str, name: str) -> list[Version]:
        """All versions of a secret, oldest first."""
        return self.secrets.get(host, {}).get(name.lower(), [])


@service.route("PUT", "/secrets/{name}")
def set_secret(call: Call) -> Response:
    """https://learn.microsoft.com/rest/api/keyvault/secrets/set-secret."""
    _need(call, "setSecret/action")
    body = call.json_object()
    if not isinstance(body.get("value"), str) or not set(body) <= {"value", "contentType", "tags", "attributes"}:
        raise bad_request("BadParameter", "The request body needs a string 'value'.")
    if not _NAME.fullmatch(call.params["name"]):
        raise bad_request("BadParameter", f"The request URI contains an invalid name: {call.params['name']}")
    _free(call)
    version = Version(call.world.chance.hex(32), body["value"], body.get("contentType"), _tags(body), {})
    _set(call, version, {"enabled": True, **(body.get("attributes") or {})}, created=True)
    call.world.state(Vaults).add(call.host, call.params["name"].lower(), version)
    return json_response({"value": version.value, **_shown(call, version)})


@service.route("PATCH", "/secrets/{name}")
@service.route("PATCH", "/secrets/{name}/{version}")
def update_secret(call: Call) -> Response:
    """https://learn.microsoft.com/rest/api/keyvault/secrets/update-secret."""
    _need(call, "update/action")
    body = call.json_object()
    if not set(body) <= {"contentType", "tags", "attributes"}:
        raise bad_request("BadParameter", "Only contentType, tags and attributes can be updated.")
    version = _version(call)
    version.content_type = body.get("contentType", version.content_type)
    version.tags = _tags(body) if body.get("tags") is not None else version.tags
    _set(call, version, body.get("attributes") or {})
    return json_response(_shown(call, version))


@service.route("GET", "/secrets")
def list_secrets(call: Call) -> Response:
    """https://learn.microsoft.com/rest/api/keyvault/secrets/get-secrets."""
    _need(call, "readMetadata/action")
    names = sorted(call.world.state(Vaults).secrets.get(call.host, {}))
    newest = [call.world.state(Vaults).versions(call.host, name)[-1] for name in names]
    shown = [
        {"id": f"https://{call.host}/secrets/{name}", "attributes": dict(version.attributes)}
        for name, version in zip(names, newest, strict=True)
    ]
    return _page(call, shown)


@service.route("GET", "/secrets/{name}/versions")
def list_versions(call: Call) -> Response:
    """https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret-versions."""
    _need(call, "readMetadata/action")
    versions = call.world.state(Vaults).versions(call.host, call.params["name"])
    return _page(call, [_shown(call, version) for version in versions])


def _page(call: Call, found: list[dict[str, Any]]) -> Response:
    """The part of a list that a query asks for, with the address of the next."""
    asked = call.query.get("maxresults", str(MOST_RESULTS))
    if not asked.isdecimal() or not 1 <= int(asked) <= MOST_RESULTS:
        raise bad_request("BadParameter", f"maxresults is 1 to {MOST_RESULTS}.")
    size = int(asked)
    start = int(call.query.get("$skiptoken") or 0)
    more = start + size < len(found)
    following = (
        f"https://{call.host}{call.path}?api-version={call.query['api-version']}&$skiptoken={start + size}"
        f"&maxresults={size}"
    )
    return json_response({"value": found[start : start + size], "nextLink": following if more else None})


@service.route("GET", "/secrets/{name}")
@service.route("GET", "/secrets/{name}/{version}")
def get_secret(call: Call) -> Response:
    """https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret."""
    _need(call, "getSecret/action")
    version = _version(call)
    if not version.attributes["enabled"]:
        raise Problem(403, "Forbidden", "Operation get is not allowed on a disabled secret.")
    return json_response({"value": version.value, **_shown(call, version)})


def _need(call: Call, action: str) -> None:
    vault = _vault(call)
    if "api-version" not in call.query:
        raise bad_request("BadParameter", "api-version must be specified")
    permission = f"Microsoft.KeyVault/vaults/secrets/{action}"
    place = f"{vault.id}/secrets/{call.params['name']}" if "name" in call.params else vault.id
    if not call.may(permission, place, data=True):
        caller = call.caller
        raise Problem(
            403,
            "Forbidden",
            "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role "
            "definitions were changed recently, please observe propagation time.\r\n"
            f"Caller: appid={caller.app_id};oid={caller.object_id};iss=https://sts.windows.net/{caller.tenant}/\r\n"
            f"Action: '{permission}'\r\nResource: '{place}'\r\n"
            f"Assignment: (not found)\r\nVault: {vault.name};location={vault.body.get('location')}\r\n",
        )


def _vault(call: Call) -> Resource:
    for vault in call.world.state(Arm).of_type(VAULT):
        if vault.properties.get("vaultUri", "").lower().rstrip("/") == f"https://{call.host}":
            return vault
    raise Problem(404, "VaultNotFound", f"There is no vault at {call.host}.")


def _free(call: Call) -> None:
    """A new version can be set: the secret is no certificate's, and its name not that of a deleted one."""
    name, state = call.params["name"], call.world.state(Vaults)
    if (call.host, name.lower()) in state.deleted:
        raise Problem(
            409,
            "Conflict",
            f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this "
            "state, the secret can only be recovered or purged.",
        )
    if any(version.managed for version in state.versions(call.host, name)):
        raise Problem(
            403, "Forbidden", 'Operation "set" is not allowed as this object\'s lifetime is managed by Key Vault.'
        )


def _version(call: Call) -> Version:
    versions = call.world.state(Vaults).versions(call.host, call.params["name"])
    wanted = call.params.get("version", "").lower()
    found = next((v for v in reversed(versions) if not wanted or v.id == wanted), None)
    if found is None:
        raise Problem(
            404,
            "SecretNotFound",
            f"A secret with (name/id) {call.params['name']}{'/' + wanted if wanted else ''} was not found in this key "
            "vault. If you recently deleted this secret you may be able to recover it using the correct recovery command.",
        )
    return found


def _tags(body: dict[str, Any]) -> dict[str, str]:
    tags = dict(body.get("tags") or {})
    if len(tags) > MOST_TAGS:
        raise bad_request("BadParameter", f"A secret takes at most {MOST_TAGS} tags.")
    return tags


def _set(call: Call, version: Version, attributes: dict[str, Any], *, created: bool = False) -> None:
    unknown = set(attributes) - {"enabled", "nbf", "exp"}
    if unknown:
        raise bad_request("BadParameter", f"Attributes {sorted(unknown)} cannot be set.")
    now = int(call.world.clock.now().timestamp())
    version.attributes |= {**attributes, "updated": now}
    if created:
        version.attributes |= {"created": now, "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90}


def _shown(call: Call, version: Version) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": f"https://{call.host}/secrets/{call.params['name']}/{version.id}",
        "attributes": dict(version.attributes),
    }
    if version.content_type is not None:
        shown["contentType"] = version.content_type
    if version.tags:
        shown["tags"] = dict(version.tags)
    if version.managed:
        shown["managed"] = True
    return shown
