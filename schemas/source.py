"""A source: where records come from and how they are read. Secrets are named here, never held."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.configured_numbers import Real, Whole
from schemas.pointer import tokens


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pagination(_Strict):
    """How the next page is found.

    none:   there is one page
    cursor: pointer `next` in the page gives the value of query parameter `param`
    link:   the address at pointer `next`, else the Link header with rel="next"
    page:   `param` counts pages from `start` (default 1)
    offset: `param` counts records from `start` (default 0)
    Where a page or offset listing names `next`, nothing (absent, null, false, empty) there ends it; else an empty page
    does. `size_param` and `size` ask for a page size.
    """

    style: Literal["none", "cursor", "link", "page", "offset"] = "none"
    next: str | None = None
    param: str | None = None  # default for page and offset: the style's name
    start: Whole | None = Field(default=None, ge=0)
    size_param: str | None = None
    size: Whole | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.style == "cursor" and (self.next is None or self.param is None):
            raise ValueError("pagination by cursor needs next, a pointer into the page, and param")
        return self


class Auth(_Strict):
    """A header whose value comes from an environment variable or a file, at the moment of use."""

    header: str = "Authorization"
    env: str | None = None
    file: str | None = None
    prefix: str = ""


class _Source(_Strict):
    name: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$", examples=["crm", "crm-2", "crm.eu"])
    key: str = "/id"
    version: str | None = None
    records: str = ""
    precedence: Whole = 0
    rate: str | None = Field(default=None, pattern=r"^[1-9][0-9]*/(s|min|h)$", examples=["10/s", "500/min", "20/h"])
    currency_hints: dict[str, str] = Field(default_factory=dict)
    time_zone: str | None = None
    constants: dict[str, str | int | bool] = Field(default_factory=dict)
    second_opinion: bool = False  # two models must agree on a binding before its probation starts
    max_record_bytes: Whole = Field(default=1_000_000, gt=0)
    max_depth: Whole = Field(default=64, gt=0, le=500)
    max_fields: Whole = Field(default=5_000, gt=0)

    @property
    def settings_digest(self) -> str:
        """Digest of the settings that decide what is read out of a record."""
        reading = self.model_dump(
            mode="json", include={"key", "version", "records", "currency_hints", "time_zone", "constants"}
        )
        return hashlib.sha256(json.dumps(reading, sort_keys=True).encode()).hexdigest()[:16]


class HttpSource(_Source):
    connector: Literal["http"]
    url: str
    item_url: str | None = None
    pagination: Pagination = Pagination()
    auth: Auth | None = None
    allow_private: bool = False
    max_page_bytes: Whole = Field(default=50_000_000, gt=0)
    max_pages: Whole = Field(default=1_000_000, gt=0)
    timeout: Real = Field(default=30.0, gt=0)


#: Suffix of a file -> its format, where the source names none.
FORMATS: Final[Mapping[str, str]] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".parquet": "parquet",
}


class FileSource(_Source):
    connector: Literal["file"]
    path: str
    format: Literal["jsonl", "json", "csv", "parquet"] | None = None  # default: by the file's suffix
    delimiter: str = Field(default=",", min_length=1, max_length=1)  # of csv


class InlineSource(_Source):
    connector: Literal["inline"]


class PythonSource(_Source):
    connector: Literal["python"]
    callable: str  # "package.module:function"; called once, yields records


class Password(_Strict):
    """A password that comes from an environment variable or a file, at the moment of use."""

    env: str | None = None
    file: str | None = None


class SqlSource(_Source):
    """A table or view of another database, read in the order of `order_by` and never written.

    url:      an address as SQLAlchemy takes it, without a password
    columns:  default: all
    order_by: columns that tell rows apart, best those of an index; default: the one that `key` points at
    timeout:  seconds that one query may take, where the server can be told
    """

    connector: Literal["sql"]
    url: str
    password: Password | None = None
    table: str = Field(min_length=1)
    table_schema: str | None = None
    columns: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    timeout: Real = Field(default=30.0, gt=0)

    @property
    def ordered_by(self) -> tuple[str, ...]:
        """Names of the columns that order the rows; empty where neither `order_by` nor `key` says."""
        if self.order_by:
            return self.order_by
        way = tokens(self.key)
        return (way[0],) if len(way) == 1 else ()


Source = Annotated[HttpSource | FileSource | InlineSource | PythonSource | SqlSource, Field(discriminator="connector")]
