"""Every section of `assay.toml`: its keys, their types and their defaults. An unknown key is refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, SecretStr, model_validator

from schemas.configured_numbers import Whole
from schemas.source import Source
from schemas.target import APPROVE_ABOVE
from schemas.target_overrides import FieldOverride
from workers.settings.model_sections import Model
from workers.settings.section import Count, Section

Port = Annotated[Whole, Field(gt=0, lt=65_536)]
#: Messages that a broker holds at once: what is published beyond this only waits there, in its memory.
Window = Annotated[Whole, Field(gt=0, le=10_000)]


LOOPBACK: Final = "127.0.0.1"


class _Server(Section):
    """The address of a server. `url_file` holds the whole address, `password_file` only the password of `url`."""

    url: SecretStr | None = None
    url_file: Path | None = None
    password_file: Path | None = None

    @property
    def address(self) -> str | None:
        """The address with its password; null where none is named."""
        return self.url.get_secret_value() if self.url else None


class Database(_Server):
    """Where PostgreSQL is; default: the embedded one."""

    @property
    def conninfo(self) -> str | None:
        """The address as psycopg takes it, without the name of a driver."""
        return self.address.replace("postgresql+psycopg://", "postgresql://", 1) if self.address else None


class Broker(_Server):
    """Where Redis or RabbitMQ (`amqp://`, best with a virtual host of its own) is; default: the embedded Redis."""


class Limits(_Server):
    """Where the rate limiter's Redis is; default: the broker's. Needed where the broker is none."""


class TargetSettings(Section):
    """One target: a SQLModel class (`package.module:Class`) or a JSON Schema file."""

    model: str | None = Field(default=None, pattern=r"^[\w.]+:\w+$", examples=["my_company.models:Company"])
    json_schema: Path | None = None
    table: str | None = Field(default=None, min_length=1)
    table_schema: str | None = Field(default=None, min_length=1)
    identity: tuple[str, ...] = ()
    existing: Literal["keep", "replace"] = "keep"
    approve_above: Annotated[Whole, Field(ge=0)] = APPROVE_ABOVE
    create: bool | None = None  # default: true for a JSON Schema, false for a class
    description: str = ""
    invariants: tuple[str, ...] = ()
    fields: dict[str, FieldOverride] = Field(default_factory=dict)


class Api(Section):
    host: str = LOOPBACK
    port: Port = 8383


class Flower(Section):
    """The console. Without a password one is made and shown by `up`; elsewhere a host beyond loopback needs one."""

    host: str = LOOPBACK
    port: Port = 5555
    user: str = "assay"
    password_env: str | None = None
    password_file: Path | None = None
    max_tasks: Count = 10_000


class Sentry(Section):
    """Error reports are sent only where the named variable or file gives an address."""

    dsn_env: str = "SENTRY_DSN"
    dsn_file: Path | None = None
    environment: str = "production"


class Files(Section):
    """Folders that file sources may read from; default: the folder of `assay.toml`."""

    roots: tuple[Path, ...] = ()


class Log(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class Work(Section):
    """How work is cut and how much of it is under way at once.

    chunk_size:             records in a chunk
    chunk_growth:           how many times as long the chunks of a long job become; 1 keeps all alike
    window, source_window:  chunks published or running, of one job and of one source
    *_window:               pieces of other work published or running, of all jobs together
    rows_per_audit_request: rows that one question to the auditor carries at most
    held_cap:               rows held per shape before fetching of its source pauses
    queue_limit:            chunks waiting or on their way, of jobs not paused, at which the producer answers 429
    seed:                   key of the audit's sampling; default: made once and kept in the database
    """

    chunk_size: Annotated[Whole, Field(gt=0, le=10_000)] = 500
    chunk_growth: Annotated[Whole, Field(ge=1, le=16)] = 4
    window: Window = 16
    source_window: Window = 32
    plan_window: Window = 8
    judge_window: Window = 8
    merge_window: Window = 4
    refold_window: Window = 4
    rows_per_audit_request: Annotated[Whole, Field(gt=0, le=100)] = 20
    held_cap: Annotated[Whole, Field(ge=500)] = 20_000
    queue_limit: Count = 100_000
    seed: SecretStr | None = None


Days = Literal["forever"] | Annotated[Whole, Field(ge=1, le=100_000)]


class Retention(Section):
    """Days after which rows that nothing needs any more are removed, or "forever".

    payloads:  raw records, since something last needed them; texts of dead letters, since they were closed
    staged:    rows that were merged or voided; at least as long as payloads
    withdrawn: entries of the ledger, since they were withdrawn; standing ones stay
    """

    payloads: Days = 90
    staged: Days = 90
    withdrawn: Days = 365


class Workers(Section):
    """Threads or processes of one worker of each role; null is the number of cores."""

    fetch: Count = 8
    model: Count = 8
    gate: Count | None = None
    upsert: Count | None = None


class Cap(Section):
    """What may be spent; 0 allows no call at all. Money is in the currency of `model.prices`."""

    tokens: Annotated[Whole, Field(ge=0)] | None = None
    money: Annotated[Decimal, Field(ge=0)] | None = None


class Budget(Section):
    """Caps per call, job, source and UTC day; `fleet` holds for everything in a UTC month."""

    call: Cap = Cap()
    job: Cap = Cap()
    source: Cap = Cap()
    day: Cap = Cap()
    fleet: Cap = Cap()

    @property
    def capped_in_money(self) -> tuple[str, ...]:
        return tuple(name for name in type(self).model_fields if getattr(self, name).money is not None)


class Settings(Section):
    """The whole configuration. Paths are absolute; addresses and passwords were read from their files.

    base: the folder of `assay.toml`; file: `assay.toml` itself, null where there is none.
    """

    base: Path
    file: Path | None = None
    data_dir: Path = Path(".assay")
    embedded: Literal["wheel", "path"] = "wheel"
    database: Database = Database()
    broker: Broker = Broker()
    limits: Limits = Limits()
    model: Model | None = None
    targets: dict[str, TargetSettings] = Field(default_factory=dict)
    sources: dict[str, Source] = Field(default_factory=dict)
    api: Api = Api()
    flower: Flower = Flower()
    sentry: Sentry = Sentry()
    files: Files = Files()
    log: Log = Log()
    work: Work = Work()
    retention: Retention = Retention()
    workers: Workers = Workers()
    budget: Budget = Budget()

    @model_validator(mode="after")
    def _named_like_its_key(self) -> Self:
        for name, source in self.sources.items():
            if source.name != name:
                raise ValueError(f"sources.{name} calls itself {source.name!r}")
        return self

    @property
    def offline(self) -> bool:
        """Whether the offline model answers, because no model is configured."""
        return self.model is None
