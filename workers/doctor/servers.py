"""The servers that the fleet stands on: database, broker, model."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from typing import Final

import redis

from enrichment.door import Caps, call_own_api
from enrichment.store import health, migration
from enrichment.store.database import Database
from schemas.errors import AssayError
from tasks.broker_memory import FLEETS_KEY
from workers.composition import model_key
from workers.doctor.finding import Finding, odd, unknown, well, wrong
from workers.settings import Settings

_CAPS = Caps(total_seconds=8.0, connect_seconds=4.0, read_seconds=8.0, body_bytes=4_000_000)
#: Seconds by which clocks may differ: leases last ten.
_SKEW = 2.0
#: Seconds since a dispatcher, which shows itself each second, was last seen.
_SEEN = 10


def revision(url: str) -> Finding:
    try:
        migration.check_current(url)
    except AssayError as error:
        return wrong("database", error.message, error.hint)
    return well("database", f"at revision {migration.head()}")


def writes(database: Database) -> Finding:
    """A server that was made a standby, or read-only, answers everything and takes nothing."""
    with database.transaction() as tx:
        if health.takes_writes(tx):
            return well("database", "takes writes")
    return wrong("database", "takes no writes", "is it a standby, or default_transaction_read_only on? all work waits")


def clock(database: Database) -> Finding:
    """Leases and deadlines are the database's; the limiter's minutes are Redis's; signs of life are compared here."""
    before = time.time()
    with database.transaction() as tx:
        theirs = health.clock(tx)
    skew = abs(theirs - (before + time.time()) / 2)
    if skew > _SKEW:
        return wrong("clock", f"this machine and the database differ by {skew:.1f} s", "let NTP set both clocks")
    return well("clock", f"{skew * 1000:.0f} ms from the database's")


def redis_server(check: str, url: str) -> Iterator[Finding]:
    client = redis.Redis.from_url(url, socket_timeout=4, socket_connect_timeout=4)
    try:
        info = client.info()
    except redis.AuthenticationError:
        yield wrong(check, "refuses the password", f"see the password in {check}.url, and requirepass of Redis")
        return
    except redis.RedisError as error:
        yield wrong(check, f"cannot be reached: {type(error).__name__}", f"is Redis up? see {check}.url")
        return
    finally:
        client.close()
    policy = str(info.get("maxmemory_policy", "unknown"))
    if {str(info.get(what, "ok")) for what in ("aof_last_write_status", "rdb_last_bgsave_status")} != {"ok"}:
        yield wrong(check, "cannot write its data, and takes nothing until it can", "is its disk full, or read-only?")
    elif policy != "noeviction":
        remedy = "set maxmemory-policy noeviction: an evicted queue costs time, an evicted limiter costs money"
        yield wrong(check, f"maxmemory-policy is {policy}", remedy)
    else:
        yield well(check, f"version {info.get('redis_version')}, maxmemory-policy noeviction")
    if not info.get("aof_enabled"):
        yield odd(check, "does not keep its data over a restart", "set appendonly yes")
    most, used = int(info.get("maxmemory", 0)), int(info.get("used_memory", 0))
    if most and used > most * 0.8:
        yield odd(check, f"uses {used / most:.0%} of its memory", "raise maxmemory, or lower the windows of [work]")


def fleets(url: str) -> Iterator[Finding]:
    """Fleets on one Redis database take each other's messages, and drop them: all work waits out its deadlines."""
    client = redis.Redis.from_url(url, socket_timeout=4, socket_connect_timeout=4, decode_responses=True)
    try:
        now, noted = client.time()[0], client.hgetall(FLEETS_KEY)
    except redis.RedisError:
        # that it cannot be asked is said already
        return
    finally:
        client.close()
    seen = sorted(str(fleet) for fleet, at in noted.items() if now - int(at) <= _SEEN)
    if len(seen) > 1:
        remedy = "give each fleet a Redis database of its own in broker.url (redis://host:6379/1)"
        yield wrong("broker", f"serves {len(seen)} fleets, which lose messages by that: {'; '.join(seen)}", remedy)


#: What servers answer that take completions and have no list of models, which nothing asks of them.
_NO_LIST: Final = frozenset({404, 405, 501})


def model(settings: Settings, offline_url: str | None) -> Finding:
    """Ask for the list of models: it costs nothing, and needs the key."""
    configured = settings.model
    if configured is not None:
        try:
            return _asked(configured.base_url, model_key(settings), configured.names)
        except (AssayError, OSError) as error:
            return unknown("model", f"its key is not known here: {error}", "only the role model has to know it")
    if offline_url is None:
        return unknown("model", "the embedded offline model does not run", "start the fleet: assay up --detach")
    return _asked(offline_url, "offline", ())


def _asked(base: str, key: str, names: Sequence[str]) -> Finding:
    try:
        # as calls do: a server that wants no key is sent none
        headers = {"authorization": f"Bearer {key}"} if key else {}
        answer = call_own_api("GET", base, "/models", headers=headers, caps=_CAPS)
    except AssayError as error:
        return wrong("model", f"{base} cannot be reached", error.hint or "is it up? see model.base_url")
    if answer.status in {401, 403}:
        return wrong("model", f"{base} refuses the key", "set the variable or file of model.api_key_env/api_key_file")
    if answer.status in _NO_LIST:
        return well("model", f"{base} answers; it gives no list of its models, so that the key was not tried")
    if answer.status >= 500:
        return wrong("model", f"{base} answers {answer.status}", "is the server of the model up?")
    text = answer.body.decode("utf-8", errors="replace")
    missing = [name for name in names if f'"{name}"' not in text] if answer.status == 200 else []
    if missing:
        return odd("model", f"{base} does not list {', '.join(missing)}", "are the names of [model] spelt as there?")
    return well("model", f"{base} answers and accepts the key" if key else f"{base} answers")


def proxies() -> Iterator[Finding]:
    """Proxies of the environment are never used; whoever counts on them should know."""
    named = sorted(name for name in os.environ if name.lower() in {"http_proxy", "https_proxy", "all_proxy"})
    if named:
        remedy = "nothing to do: Assay opens its connections itself"
        yield odd("proxies", f"{', '.join(named)} is set, and not used", remedy)
