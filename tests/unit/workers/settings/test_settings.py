from pathlib import Path
from typing import Any

import pytest

from schemas.errors import ConfigurationError
from schemas.source import FileSource, HttpSource
from workers.settings import Settings, load_settings

DESIGN = """
[database]
url = "postgresql+psycopg://assay@db/assay"
[broker]
url = "redis://redis:6379/0"
[model]
base_url = "https://models.example/v1"
api_key_env = "OPENAI_API_KEY"
small = "s"
large = "l"
auditor = "a"
second_auditor = "b"
prices = { "s" = { input = 0.25, output = 2.0 } }
requests_per_minute = 500
tokens_per_minute = 200000
[targets.company]
model = "my_company.models:Company"
[targets.contact]
json_schema = "contact.schema.json"
table = "contact"
identity = ["email"]
existing = "keep"
[targets.contact.fields.email]
kind = "email"
[sources.crm]
connector = "http"
url = "https://api.example.com/v1/companies"
item_url = "https://api.example.com/v1/companies/{id}"
records = "/data"
key = "/id"
version = "/updated_at"
pagination = { style = "cursor", next = "/paging/next", param = "after" }
auth = { header = "Authorization", env = "CRM_TOKEN" }
rate = "10/s"
precedence = 10
currency_hints = { "$" = "USD" }
allow_private = false
[sources.dump]
connector = "file"
path = "companies.jsonl"
key = "/name"
"""

MODEL = "[model]\nbase_url = 'http://127.0.0.1:9/v1'\nsmall = 's'\nauditor = 'a'\n"


@pytest.fixture
def load(tmp_path: Path) -> Any:
    def loaded(text: str = "", /, **environ: str) -> Settings:
        (tmp_path / "assay.toml").write_text(text)
        return load_settings(tmp_path / "assay.toml", environ)

    return loaded


def test_the_documented_file_loads(load: Any, tmp_path: Path) -> None:
    settings = load(DESIGN)
    assert settings.database.address == "postgresql+psycopg://assay@db/assay"
    assert settings.database.conninfo == "postgresql://assay@db/assay"
    assert settings.broker.address == "redis://redis:6379/0"
    assert settings.model.names == ("s", "l", "a", "b")
    assert str(settings.model.prices["s"].input) == "0.25"
    assert settings.targets["contact"].json_schema == tmp_path / "contact.schema.json"
    assert settings.targets["contact"].fields["email"].kind == "email"
    assert isinstance(settings.sources["crm"], HttpSource)
    assert isinstance(settings.sources["dump"], FileSource)
    assert settings.sources["crm"].name == "crm"
    assert settings.files.roots == (tmp_path,)
    assert settings.data_dir == tmp_path / ".assay"
    assert not settings.offline


def test_defaults(load: Any) -> None:
    settings = load("")
    assert settings.offline
    assert settings.database.address is None
    assert (settings.api.host, settings.api.port) == ("127.0.0.1", 8383)
    assert settings.flower.host == "127.0.0.1"
    assert (settings.work.chunk_size, settings.work.held_cap) == (500, 20_000)
    assert settings.embedded == "wheel"


def test_a_model_alone_serves_every_part() -> None:
    settings = load_settings(None, {"ASSAY_MODEL__BASE_URL": "http://127.0.0.1:9/v1", "ASSAY_MODEL__SMALL": "one"})
    assert settings.model is not None
    assert (settings.model.large, settings.model.auditor, settings.model.names) == ("one", "one", ("one",))


def test_settings_are_frozen(load: Any) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load("").data_dir = Path("/")


def test_where_the_file_is_found(tmp_path: Path) -> None:
    named, variable, here = tmp_path / "a.toml", tmp_path / "b.toml", tmp_path / "assay.toml"
    for file, port in ((named, 1001), (variable, 1002), (here, 1003)):
        file.write_text(f"[api]\nport = {port}")
    environ = {"ASSAY_CONFIG": str(variable)}
    assert load_settings(named, environ, folder=tmp_path).api.port == 1001
    assert load_settings(None, environ, folder=tmp_path).api.port == 1002
    assert load_settings(None, {}, folder=tmp_path).api.port == 1003
    assert load_settings(None, {}, folder=tmp_path / "empty").file is None


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    for path, environ in ((tmp_path / "no.toml", {}), (None, {"ASSAY_CONFIG": str(tmp_path / "no.toml")})):
        with pytest.raises(ConfigurationError, match=r"no\.toml: there is no such file"):
            load_settings(path, environ)


@pytest.mark.parametrize("text", ["[api", "a = ", "\x00"])
def test_broken_files_are_named(load: Any, text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"assay\.toml: is no valid TOML"):
        load(text)


@pytest.mark.parametrize(
    ("text", "key", "near"),
    [
        ("[databse]\nurl = 'x'", "databse", "database"),
        ("[api]\nprot = 1", "api.prot", "port"),
        ("[work]\nchunksize = 1", "work.chunksize", "chunk_size"),
        ("[targets.t]\njson_schema = 'x'\nidentiy = ['a']", "targets.t.identiy", "identity"),
        ("[targets.t]\njson_schema = 'x'\nfields.f.knd = 'money'", "targets.t.fields.f.knd", "kind"),
        ("[sources.s]\nconnector = 'inline'\nkye = '/a'", "sources.s.kye", "key"),
        ("[sources.s]\nconnector = 'http'\nurl = 'https://a.example'\npagination.nxt = 1", "pagination.nxt", "next"),
        ("[model]\nbase_url = 'http://x'\nsmall = 's'\nprices.s.inptu = 1", "model.prices.s.inptu", "input"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(load: Any, text: str, key: str, near: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(text)
    assert key in caught.value.message
    assert f"did you mean {near!r}" in caught.value.message
    assert "assay.toml" in caught.value.message
    assert "http." not in caught.value.message.replace("http.pagination", "wrong")


@pytest.mark.parametrize(
    ("connector", "needs", "known"),
    [
        ("file", "path = 'x.jsonl'", "delimiter"),
        ("http", "url = 'https://a.example'", "item_url"),
        ("inline", "", "time_zone"),
        ("python", "callable = 'a:b'", "callable"),
        ("sql", "url = 'sqlite:///d'\ntable = 't'", "order_by"),
    ],
)
def test_an_unknown_key_named_like_its_connector_is_named(load: Any, connector: str, needs: str, known: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(f"[sources.s]\nconnector = '{connector}'\n{needs}\n{connector} = 'x'")
    (problem,) = caught.value.problems
    assert (problem.where, problem.what.partition(",")[0]) == (f"sources.s.{connector}", "unknown key")
    assert problem.remedy.startswith("known here: ")
    assert {"connector", "precedence", known} <= set(problem.remedy.removeprefix("known here: ").split(", "))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[api]\nport = 70000", "api.port"),
        ("[api]\nport = 'high'", "api.port"),
        ("[log]\nlevel = 'loud'", "log.level"),
        ("embedded = 'docker'", "embedded"),
        ("[work]\nheld_cap = 10", "work.held_cap"),
        ("[work]\nwindow = 1000000000", "work.window"),
        ("[work]\nsource_window = 0", "work.source_window"),
        ("[work]\nchunk_size = 1000000000", "work.chunk_size"),
        ("[retention]\npayloads = 0", "retention.payloads"),
        ("[retention]\nstaged = 30", "shorter than retention.payloads"),
        ("[retention]\npayloads = 'forever'", "shorter than retention.payloads"),
        ("[model]\nsmall = 's'", "model.base_url: is missing"),
        ("[model]\nbase_url = 'http://x'", "model.small"),
        ("[model]\nbase_url = 'ftp://x'\nsmall = 's'", "model.base_url"),
        ("[model]\nbase_url = 'http:///v1'\nsmall = 's'", "model.base_url"),
        ("[model]\nbase_url = 'http://x/v1?api-version=2'\nsmall = 's'", "model.base_url: ends with a query"),
        ("[model]\nbase_url = 'http://x/v1#a'\nsmall = 's'", "model.base_url: ends with a query"),
        ("[model]\nbase_url = 'http://u:secret@x/v1'\nsmall = 's'", "model.base_url: holds a user name"),
        ("[model]\nbase_url = 'http://x:99999/v1'\nsmall = 's'", "model.base_url"),
        ("[model.fallback]\nbase_url = 'http://y?a'", "model.fallback.base_url: ends with a query"),
        ("[database]\nurl = 'mysql://x/y'", "database.url"),
        ("[broker]\nurl = 'kafka://x'", "broker.url"),
        ("[broker]\nurl = 'amqp://x'", "limits.url: is missing"),
        ("[sources.s]\nconnector = 'sql'\nurl = 'postgresql://u:p@h/d'\ntable = 't'", "holds a password"),
        ("[sources.s]\nconnector = 'sql'\nurl = 'x'\ntable = 't'", "no address of a database"),
        ("[sources.s]\nconnector = 'sql'\nurl = 'sqlite:///d'\ntable = 't'\nkey = '/a/b'", "order_by"),
        ("[sources.s]\nconnector = 'sql'\nurl = 'sqlite:///d'\ntable = 't'\npassword = {}", "exactly one place"),
        ("[sources.s]\nconnector = 'sql'\nurl = 'sqlite:///d'\ntable = 't'\nrate = '1/s'", "http sources only"),
        ("[targets.t]\ntable = 't'", "neither model nor json_schema"),
        ("[targets.t]\nmodel = 'a:B'\njson_schema = 'x'", "both model and json_schema"),
        ("[targets.t]\nmodel = 'a.B'", "targets.t.model"),
        ("[targets.t]\njson_schema = 'x'\nfields.f.kind = 'monney'", "targets.t.fields.f.kind"),
        ("[sources.s]\nconnector = 'ftp'", "sources.s.connector"),
        ("[sources.s]\nkey = '/a'", "sources.s.connector"),
        ("[sources.s]\nconnector = 'http'", "sources.s.url: is missing"),
        ("[sources.s]\nconnector = 'inline'\nname = 'x'", "sources.s.name: unknown key"),
        ("[sources.s]\nconnector = 'inline'\nkey = 'id'", "JSON Pointer"),
        ("[sources.s]\nconnector = 'inline'\nkey = ''", "whole record"),
        ("[sources.s]\nconnector = 'inline'\ntime_zone = 'Mars/Base'", "time zone"),
        ("[sources.s]\nconnector = 'inline'\ncurrency_hints = { '$' = 'dollar' }", "ISO 4217"),
        ("[sources.s]\nconnector = 'http'\nurl = 'file:///etc/passwd'", "no http address"),
        ("[sources.s]\nconnector = 'http'\nurl = 'https://u:p@a.example'", "holds credentials"),
        ("[sources.s]\nconnector = 'http'\nurl = 'https://a.example'\nitem_url = 'https://a.example'", "{id}"),
        ("[sources.s]\nconnector = 'http'\nurl = 'https://a.example'\npagination.style = 'cursor'", "needs next"),
        ("[sources.s]\nconnector = 'http'\nurl = 'https://a.example'\nauth = {}", "exactly one place"),
        ("[sources.s]\nconnector = 'file'\npath = '../x.jsonl'", "outside the allowed folders"),
        ("[sources.s]\nconnector = 'file'\npath = '/etc/x.jsonl'", "outside the allowed folders"),
        ("[sources.s]\nconnector = 'file'\npath = 'x.xlsx'", "names no format"),
        ("[flower]\nhost = '0.0.0.0'", "without a password"),
        ("[flower]\nport = 8383", "port of the API"),
        ("[flower]\npassword_env = 'A'\npassword_file = 'b'", "keep one"),
        ("base = '/'", "set by where the file lies"),
        ("[budget.day]\nmoney = -1", "budget.day.money"),
        (MODEL + "prices.s = { input = -0.1, output = 1 }", "model.prices.s.input"),
        (MODEL + "requests_per_minute = 0", "model.requests_per_minute"),
        (MODEL + "tokens_per_minute = -5", "model.tokens_per_minute"),
        (MODEL + "max_in_flight = 0", "model.max_in_flight"),
        ("[sources.s]\nconnector = 'http'\nurl = 'https://a.example'\nrate = '0/s'", "sources.s.rate"),
        ("[sources.s]\nconnector = 'http'\nurl = 'https://a.example'\nrate = '-1/s'", "sources.s.rate"),
        ("[limits]\nurl = 'amqp://host'", "limits.url"),
        ("[budget.job]\ntokens = -1", "budget.job.tokens"),
    ],
)
def test_wrong_settings_refuse_to_start(load: Any, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(text)
    assert said in f"{caught.value.message}; {caught.value.hint}"
    # what would mend it stands in one place
    assert caught.value.hint not in caught.value.message
    assert all(p.remedy for p in caught.value.problems)


HTTP = "[sources.s]\nconnector = 'http'\nurl = 'https://a.example'\n"
SQL = "[sources.s]\nconnector = 'sql'\nurl = 'sqlite:///d'\ntable = 't'\n"
NEVER = "name the environment variable or the file"


@pytest.mark.parametrize(
    ("text", "where", "what", "remedy"),
    [
        (
            "[sources.s]\nconnector = 'flie'",
            "sources.s.connector",
            "no connector 'flie', did you mean 'file'?",
            "file, inline",
        ),
        ("[sources.s]\nkey = '/a'", "sources.s.connector", "is missing", "http, file, inline, python, sql"),
        (HTTP + "rate = '10/m'", "sources.s.rate", "of another form", '"10/s", "500/min" or "20/h"'),
        (
            "[retention]\nstaged = 'forevr'",
            "retention.staged",
            "did you mean 'forever'?",
            "'forever' or a whole number",
        ),
        ("[retention]\nstaged = 0", "retention.staged", "nothing that may stand here", "a number of at least 1"),
        (HTTP + "constants = { a = [1] }", "sources.s.constants.a", "nothing that may stand here", "a whole number or"),
        (HTTP + "auth = { value = 'x' }", "sources.s.auth.value", "unknown key", "env, file, header, prefix; a secret"),
        (HTTP + "auth = 'Bearer x'", "sources.s.auth", "is no table", NEVER),
        (SQL + "password = { value = 'x' }", "sources.s.password.value", "unknown key", "env, file; a secret"),
        (MODEL + "api_key = 'x'", "model.api_key", "did you mean 'api_key_env'?", NEVER),
        (HTTP + "auth = { env = '$KEY' }", "sources.s.auth.env", "has no $", "without $"),
        (SQL + "password = { env = '${KEY}' }", "sources.s.password.env", "has no $", "without $"),
        (MODEL + "api_key_env = '$KEY'", "model.api_key_env", "has no $", "without $"),
        ("[sources.'my source']\nconnector = 'inline'", "sources.my source", "of another form", '"crm"'),
        ("[sources]\ns = 'x'", "sources.s", "is no table", "[sources.s]"),
        ("sources = 'x'", "sources", "is no table", "[sources.NAME]"),
        ("api = 8383", "api", "is no table", "[api]"),
        ("[api]\nport = 0", "api.port", "is too small", "a number above 0"),
        ("[log]\nlevel = 'debgu'", "log.level", "did you mean 'debug'?", "one of 'debug', 'info'"),
        ("[targets.t]\nmodel = 'a.B'", "targets.t.model", "of another form", "my_company.models:Company"),
        ("[targets.t]\njson_schema = 'x'\ntable = ''", "targets.t.table", "is empty", "at least 1 character"),
        ("[targets.t]\njson_schema = 'x'\ntable_schema = ''", "targets.t.table_schema", "is empty", "1 character"),
        ("[targets.t]\njson_schema = 'x'\nidentity = 'a'", "targets.t.identity", "is no list", '["...", "..."]'),
        ("[targets.t]\njson_schema = 'x'\ncreate = 'perhaps'", "targets.t.create", "neither true nor false", "true"),
        ("[budget.job]\ntokens = '3k'", "budget.job.tokens", "no whole number", "a whole number"),
    ],
)
def test_what_is_wrong_is_said_in_words_of_ours(load: Any, text: str, where: str, what: str, remedy: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(text)
    (problem,) = caught.value.problems
    assert problem.where == where
    assert what in problem.what
    assert remedy in problem.remedy
    for foreign in ("Input", "String should", " tag ", "instance of", "constrained", "literal["):
        assert foreign not in str(problem)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('data_dir = "a\\u0000b"', "data_dir"),
        ('[sources.s]\nconnector = "file"\nkey = ["/id"]\npath = "a\\u0000.json"', "sources.s.path"),
        ('[files]\nroots = ["a", "b\\u0000"]', "files.roots.1"),
        ('[database]\nurl_file = "\\u0000"', "database.url_file"),
    ],
)
def test_a_text_that_nothing_takes_is_named(load: Any, text: str, key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(text)
    assert f"{key}: holds U+0000" in caught.value.message
    with pytest.raises(ConfigurationError, match="2 problems") as both:
        load(f"file = 'x'\n{text}")
    assert {"file", key} == {problem.where for problem in both.value.problems}


def test_everything_wrong_is_said_at_once(load: Any) -> None:
    with pytest.raises(ConfigurationError, match="3 problems") as caught:
        load("[api]\nport = 0\n[log]\nlevel = 'x'\n[nothing]\na = 1")
    assert len(caught.value.problems) == 3


def test_a_budget_of_nothing_is_allowed_and_the_limiter_may_have_a_redis_of_its_own(load: Any) -> None:
    settings = load("[budget.day]\ntokens = 0\nmoney = 0\n[limits]\nurl = 'redis://limits:6379/1'")
    assert (settings.budget.day.tokens, settings.budget.day.money) == (0, 0)
    assert settings.limits.address == "redis://limits:6379/1"
    assert load("").limits.address is None


def test_a_cap_in_money_needs_every_price(load: Any) -> None:
    with pytest.raises(ConfigurationError, match="'a' has no price"):
        load(MODEL + "prices.s = { input = 1, output = 2 }\n[budget.day]\nmoney = 5")
    load(MODEL + "[budget.day]\ntokens = 5")
    load("[budget.day]\nmoney = 5")  # the offline model costs nothing
    priced = load(
        MODEL + "prices = { s = { input = 1, output = 2 }, a = { input = 0, output = 0 } }\n[budget.job]\nmoney = 5"
    )
    assert priced.budget.capped_in_money == ("job",)


def test_a_cap_in_money_needs_every_price_of_the_second_provider(load: Any) -> None:
    first = MODEL + "prices = { s = { input = 1, output = 2 }, a = { input = 0, output = 0 } }\n"
    capped = "[budget.job]\nmoney = 5\n"
    second = "[model.fallback]\nbase_url = 'http://y'\nsmall = 'f'\nauditor = 'a'\n"
    with pytest.raises(ConfigurationError) as caught:
        load(first + second + capped)
    assert "'f' has no price" in str(caught.value)
    assert caught.value.hint.startswith('set model.fallback.prices."f" =')
    load(first + second + "fail_over = 'never'\n" + capped)
    own = load(first + second + "prices = { f = { input = 7, output = 8 }, a = { input = 9, output = 9 } }\n" + capped)
    assert {name: price.input for name, price in own.model.prices.items()} == {"s": 1, "a": 0}
    # a model of the same name may cost more there
    assert {name: price.input for name, price in own.model.fallback_prices.items()} == {"s": 1, "f": 7, "a": 9}


def test_a_second_opinion_needs_a_second_model(load: Any) -> None:
    source = "[sources.s]\nconnector = 'inline'\nsecond_opinion = true\n"
    fallback = "[model.fallback]\nbase_url = 'http://y'\nsmall = 'f'\n"
    for text, said in (
        (source, "one matcher under two names"),
        (MODEL + source, "'s' is the small one and the large one"),
        (MODEL + "large = 'l'\n" + fallback + source, "'f' is the small one and the large one"),
        (MODEL + "large = 'l'\n" + fallback + "large = 's'\n" + source, "'s' is the small one and the large one"),
    ):
        with pytest.raises(ConfigurationError, match="second_opinion") as caught:
            load(text)
        assert said in str(caught.value.problems), text
    assert load(MODEL + "large = 'l'\n" + source).sources["s"].second_opinion
    assert load(MODEL + "large = 'l'\n" + fallback + "fail_over = 'never'\n" + source).sources["s"].second_opinion


def test_an_auditor_takes_no_second_look_at_what_it_said(load: Any) -> None:
    for text, where in (
        (MODEL + "second_auditor = 'a'\n", "model.second_auditor"),
        (
            MODEL + "[model.fallback]\nbase_url = 'http://y'\nsmall = 'f'\nsecond_auditor = 'f'\n",
            "fallback.second_auditor",
        ),
    ):
        with pytest.raises(ConfigurationError, match="second look") as caught:
            load(text)
        assert where in str(caught.value.problems)
    assert load(MODEL + "second_auditor = 's'\n").model.second_auditor == "s"


def test_files_of_keys_begin_at_the_folder_of_the_configuration(load: Any, tmp_path: Path) -> None:
    one = "base_url = 'https://a.example/v1'\nsmall = 's'\napi_key_file = 'a.key'"
    other = "base_url = 'https://b.example/v1'\nsmall = 's'\napi_key_file = 'b.key'"
    model = load(f"[model]\n{one}\n[model.fallback]\n{other}").model
    assert (model.api_key_file, model.fallback.api_key_file) == (tmp_path / "a.key", tmp_path / "b.key")


@pytest.mark.parametrize(
    ("url", "is_at"),
    [
        ("sqlite:///data/s.db", "sqlite:///{}/data/s.db"),
        ("sqlite+pysqlite:///s.db?mode=ro", "sqlite+pysqlite:///{}/s.db?mode=ro"),
        ("sqlite:////srv/s.db", "sqlite:////srv/s.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
    ],
)
def test_a_database_file_lies_below_the_folder_of_the_configuration(
    load: Any, tmp_path: Path, url: str, is_at: str
) -> None:
    settings = load(f"[sources.s]\nconnector = 'sql'\nurl = '{url}'\ntable = 't'\nkey = '/id'")
    assert settings.sources["s"].url == is_at.format(tmp_path)


def test_variables_override_the_file(load: Any) -> None:
    settings = load(
        DESIGN,
        ASSAY_API__PORT="9000",
        ASSAY_SOURCES__CRM__RATE="2/min",
        ASSAY_SOURCES__CRM__PAGINATION='{"style": "none"}',
        ASSAY_MODEL__PRICES='{"l": {"input": 1.1, "output": 2}}',
        ASSAY_DATA_DIR="/var/lib/assay",
        ASSAY_FILES__ROOTS='["/srv", "."]',
        ASSAY_CONFIG="ignored, because a path was given",
        OTHER="x",
    )
    assert settings.api.port == 9000
    assert settings.sources["crm"].rate == "2/min"
    assert settings.sources["crm"].pagination.style == "none"
    assert settings.sources["crm"].pagination.param == "after"  # a table is merged key by key
    assert set(settings.model.prices) == {"s", "l"}
    assert str(settings.model.prices["l"].input) == "1.1"
    assert settings.data_dir == Path("/var/lib/assay")
    assert settings.files.roots == (Path("/srv"), settings.base)


def test_variables_reach_names_with_capitals(load: Any) -> None:
    text = "[targets.myTarget]\njson_schema = 'x.json'\nfields.camelCase.kind = 'text'"
    settings = load(text, ASSAY_TARGETS__MYTARGET__FIELDS__CAMELCASE__RISK="high")
    assert settings.targets["myTarget"].fields["camelCase"].risk == "high"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("ASSAY_API__PROT", "1", "did you mean 'port'"),
        ("ASSAY_API__PORT", "secret-value", "ASSAY_API__PORT"),
        ("ASSAY_DATABSE__URL", "x", "did you mean 'database'"),
        ("ASSAY_API", "x", "ASSAY_API"),
        ("ASSAY_API____PORT", "1", "empty part"),
        ("ASSAY_", "1", "empty part"),
        ("ASSAY_SOURCES", "{broken", "begins like JSON"),
        ("ASSAY_EMBEDDED__X__Y", "1", "embedded"),
    ],
)
def test_wrong_variables_are_named_and_never_quoted(load: Any, variable: str, value: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load("", **{variable: value})
    assert said in caught.value.message
    assert "secret-value" not in caught.value.message


def test_a_variable_that_names_no_section_is_not_blamed_on_the_file(load: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load("", ASSAY_BOGUS__KEY="1")
    assert caught.value.message == "the environment: bogus (from ASSAY_BOGUS__KEY): unknown key"
    with pytest.raises(ConfigurationError) as caught:
        load("[bogos]\nkey = 1\n", ASSAY_BOGUS__KEY="1")
    assert caught.value.message.startswith(f"{tmp_path / 'assay.toml'}: 2 problems")
    assert "bogus (from ASSAY_BOGUS__KEY)" in caught.value.message
    assert "  - bogos: unknown key" in caught.value.message


def test_a_variable_through_a_value_is_refused(load: Any) -> None:
    with pytest.raises(ConfigurationError, match="no section"):
        load("embedded = 'path'", ASSAY_EMBEDDED__X="1")


def test_addresses_and_passwords_from_files(load: Any, tmp_path: Path) -> None:
    (tmp_path / "db").write_text("postgresql://assay_gate:p%40ss@db/assay\n")
    (tmp_path / "redis").write_text("p@ss/word\n")
    settings = load(
        "[broker]\nurl = 'redis://redis:6379/0'\npassword_file = 'redis'", ASSAY_DATABASE__URL_FILE=str(tmp_path / "db")
    )
    assert settings.database.address == "postgresql://assay_gate:p%40ss@db/assay"
    assert settings.broker.address == "redis://:p%40ss%2Fword@redis:6379/0"
    assert "p%40ss" not in repr(settings)
    assert "p%40ss" not in settings.model_dump_json()


def test_files_of_secrets_of_sources_lie_below_the_configuration_whoever_reads_them(load: Any, tmp_path: Path) -> None:
    sources = load(
        "[sources.h]\nconnector = 'http'\nurl = 'https://a.example'\nauth.file = 'token'\n"
        "[sources.s]\nconnector = 'sql'\nurl = 'sqlite:///d'\ntable = 't'\npassword.file = 'word'\n"
    ).sources
    assert (sources["h"].auth.file, sources["s"].password.file) == (str(tmp_path / "token"), str(tmp_path / "word"))


def test_the_user_stays_beside_a_password_from_a_file(load: Any, tmp_path: Path) -> None:
    (tmp_path / "p").write_text("x:y")
    settings = load("[database]\nurl = 'postgresql://assay_api@db/assay'\npassword_file = 'p'")
    assert settings.database.address == "postgresql://assay_api:x%3Ay@db/assay"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[database]\nurl_file = 'missing'", "cannot be read"),
        ("[database]\nurl_file = 'empty'", "is empty"),
        ("[database]\nurl = 'postgresql://x/y'\nurl_file = 'full'", "beside url"),
        ("[database]\npassword_file = 'full'", "needs url"),
    ],
)
def test_secret_files_that_cannot_be(load: Any, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "full").write_text("postgresql://x/y")
    with pytest.raises(ConfigurationError, match=said):
        load(text)


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson", "json", "csv", "parquet", "CSV"])
def test_the_suffix_of_a_file_names_its_format(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "assay.toml").write_text(f"[sources.s]\nconnector = 'file'\npath = 'x.{suffix}'\nkey = '/id'\n")
    source = load_settings(tmp_path / "assay.toml", {}).sources["s"]
    assert isinstance(source, FileSource)
    assert source.format is None
