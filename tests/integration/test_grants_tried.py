"""Rights, tried out: what each role must not do is attempted, and refused by the server."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from enrichment.store import grants, migration, rights, roles, target_table
from enrichment.store.database import Database
from schemas.errors import ConfigurationError
from schemas.tables import metadata
from schemas.target import Target, TargetField
from workers.embedded import PostgresServer
from workers.embedded.servers import SUPERUSER

TARGET = Target(
    name="company",
    table="company",
    create=True,
    fields=(
        TargetField(name="name", type="string", identity=True, kind="name"),
        TargetField(name="employees", type="integer", kind="count"),
    ),
)
TABLES = sorted(table.name for table in metadata.tables.values())
VERBS = {"S": "SELECT", "I": "INSERT", "U": "UPDATE", "D": "DELETE"}


@pytest.fixture(scope="module")
def granted(database: str) -> str:
    migration.migrate(database)
    owner = Database(database, application="test", size=1)
    with owner.transaction() as tx:
        target_table.ensure(tx, TARGET)
        assert grants.issue(tx, [TARGET]) == ()
    # a second time changes nothing and refuses nothing
    with owner.transaction() as tx:
        grants.issue(tx, [TARGET])
        tx.execute("INSERT INTO public.company (name, employees) VALUES ('1&1', 3167)")
    owner.close()
    return database


@pytest.fixture
def acting(granted: str, url_for: Callable[[str], str]) -> Callable[[str], psycopg.Connection]:
    del granted

    def connect(role: str) -> psycopg.Connection:
        return psycopg.connect(url_for(role).replace("+psycopg", ""), autocommit=True)

    return connect


def refused(connection: psycopg.Connection, statement: str) -> bool:
    try:
        connection.execute(statement)
    except InsufficientPrivilege:
        return True
    return False


@pytest.mark.parametrize("role", sorted(set(rights.OWN) - {roles.REFOLD}))
def test_every_right_is_exactly_the_one_listed(role: str, acting: Callable[[str], psycopg.Connection]) -> None:
    with acting(role) as connection:
        for table in TABLES:
            for letter, verb in VERBS.items():
                row = connection.execute("SELECT has_table_privilege(%s, %s)", (f"assay.{table}", verb)).fetchone()
                assert row == (letter in rights.OWN[role].get(table, ""),), (role, table, verb)
        for letter, verb in VERBS.items():
            row = connection.execute("SELECT has_table_privilege('public.company', %s)", (verb,)).fetchone()
            assert row == (letter in rights.TARGETS.get(role, ""),), (role, verb)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("assay_fetch", "SELECT * FROM public.company"),
        ("assay_fetch", "INSERT INTO public.company (name) VALUES ('x')"),
        ("assay_fetch", "SELECT * FROM assay.assertion"),
        ("assay_fetch", "UPDATE assay.plan SET state = 'released'"),
        ("assay_fetch", "SELECT * FROM assay.secret"),
        ("assay_model", "SELECT * FROM public.company"),
        ("assay_model", "UPDATE public.company SET employees = 1"),
        ("assay_model", "INSERT INTO assay.assertion DEFAULT VALUES"),
        ("assay_model", "UPDATE assay.payload SET blob = ''"),
        ("assay_gate", "INSERT INTO public.company (name) VALUES ('x')"),
        ("assay_gate", "SELECT * FROM public.company"),
        ("assay_gate", "UPDATE assay.assertion SET cells = '{}'"),
        ("assay_gate", "UPDATE assay.plan SET state = 'released'"),
        ("assay_gate", "UPDATE assay.plan SET body = '{}'"),
        ("assay_model", "UPDATE assay.review SET decision = 'approve'"),
        ("assay_fetch", "UPDATE assay.review SET state = 'expired'"),
        ("assay_gate", "UPDATE assay.review SET state = 'expired'"),
        ("assay_upsert", "UPDATE assay.review SET decision = 'approve'"),
        ("assay_upsert", "DELETE FROM public.company"),
        ("assay_upsert", "TRUNCATE public.company"),
        ("assay_upsert", "DELETE FROM assay.assertion"),
        ("assay_upsert", "UPDATE assay.plan SET body = '{}'"),
        ("assay_isolated", "DELETE FROM public.company"),
        ("assay_control", "UPDATE public.company SET employees = 1"),
        ("assay_control", "SELECT * FROM assay.api_key"),
        ("assay_api", "UPDATE public.company SET employees = 1"),
        ("assay_api", "INSERT INTO assay.assertion DEFAULT VALUES"),
        ("assay_api", "INSERT INTO assay.api_key (name, role, prefix, hash) VALUES ('x', 'admin', 'x', '')"),
        ("assay_api", "SELECT * FROM assay.secret"),
        *[(role, "CREATE TABLE assay.mine (id int)") for role in sorted(set(rights.OWN) - {roles.REFOLD})],
        *[(role, "DROP TABLE public.company") for role in sorted(set(rights.OWN) - {roles.REFOLD})],
    ],
)
def test_what_a_role_must_not_do_is_refused(
    role: str, statement: str, acting: Callable[[str], psycopg.Connection]
) -> None:
    with acting(role) as connection:
        assert refused(connection, statement)


def test_whoever_gives_a_record_up_may_close_what_it_staged_and_not_change_it(
    acting: Callable[[str], psycopg.Connection],
) -> None:
    for role in ("assay_control", "assay_gate", "assay_upsert", "assay_isolated"):
        with acting(role) as connection:
            assert not refused(
                connection,
                "WITH mine AS (SELECT s.id FROM assay.staged s JOIN assay.item i ON i.staged_id = s.id FOR UPDATE OF s)"
                " UPDATE assay.staged s SET state = 'void' FROM mine WHERE s.id = mine.id",
            )
    with acting("assay_control") as connection:
        assert refused(connection, "UPDATE assay.staged SET cells = '{}'")


def test_who_relies_on_a_plan_may_lock_it_and_not_change_it(acting: Callable[[str], psycopg.Connection]) -> None:
    for role in ("assay_gate", "assay_upsert"):
        with acting(role) as connection:
            assert not refused(connection, "SELECT id FROM assay.plan FOR KEY SHARE")


def test_a_database_of_an_earlier_release_is_given_the_rights_of_this_one(
    granted: str, acting: Callable[[str], psycopg.Connection]
) -> None:
    owner = Database(granted, application="test", size=1)
    closing = "UPDATE assay.review SET state = 'expired', reason = '', decided_at = now()"
    try:
        with owner.transaction() as tx:
            tx.execute("REVOKE ALL ON assay.review FROM assay_upsert, assay_model")
            tx.execute("GRANT SELECT, INSERT, UPDATE (question) ON assay.review TO assay_upsert, assay_model")
        for role in ("assay_upsert", "assay_model"):
            with acting(role) as connection:
                assert refused(connection, closing)
        with owner.transaction() as tx:
            grants.issue(tx, [TARGET])
        for role in ("assay_upsert", "assay_model"):
            with acting(role) as connection:
                assert not refused(connection, closing)
                assert refused(connection, "UPDATE assay.review SET question = '{}'")
    finally:
        owner.close()


@pytest.mark.parametrize("role", ["assay_upsert", "assay_isolated"])
def test_deleting_takes_the_role_of_refolding_and_lasts_for_one_transaction(
    role: str, granted: str, url_for: Callable[[str], str], acting: Callable[[str], psycopg.Connection]
) -> None:
    del granted
    database = Database(url_for(role), application="test", size=1)
    try:
        with database.transaction() as tx:
            roles.take_refold_role(tx)
            assert tx.execute("DELETE FROM public.company WHERE name = 'nobody'").rowcount == 0
        with pytest.raises(ConfigurationError, match="permission denied"), database.transaction() as tx:
            tx.execute("DELETE FROM public.company WHERE name = 'nobody'")
    finally:
        database.close()
    with acting(role) as connection:
        # membership alone gives nothing: it is not inherited
        assert refused(connection, "DELETE FROM public.company WHERE name = 'nobody'")


def test_functions_that_are_open_to_anybody_are_closed_again(
    granted: str, acting: Callable[[str], psycopg.Connection]
) -> None:
    """As a dump leaves them that was restored without its rights."""
    owner = Database(granted, application="test", size=1)
    try:
        with owner.transaction() as tx:
            for function in rights.RETAINING:
                tx.execute(f"GRANT EXECUTE ON FUNCTION {function} TO PUBLIC")
                tx.execute(f"GRANT EXECUTE ON FUNCTION {function} TO assay_gate")
            grants.issue(tx, [TARGET])
    finally:
        owner.close()
    for role in sorted(set(rights.OWN) - {roles.REFOLD}):
        with acting(role) as connection:
            for function in rights.RETAINING:
                row = connection.execute("SELECT has_function_privilege(%s, 'EXECUTE')", (function,)).fetchone()
                assert row == (role == rights.CONTROL,), (role, function)


def test_who_may_not_take_the_role_keeps_its_own(granted: str, url_for: Callable[[str], str]) -> None:
    del granted
    database = Database(url_for("assay_gate"), application="test", size=1)
    try:
        with database.transaction() as tx:
            roles.take_refold_role(tx)
            row = tx.execute("SELECT current_user AS name").fetchone()
            assert row == {"name": "assay_gate"}
    finally:
        database.close()


def test_a_table_of_somebody_else_has_to_be_granted_by_its_owner(granted: str, postgres_server: PostgresServer) -> None:
    name = granted.rpartition("/")[2]
    with psycopg.connect(
        postgres_server.url_for(SUPERUSER, name).replace("+psycopg", ""), autocommit=True
    ) as connection:
        connection.execute("CREATE TABLE public.theirs (name text PRIMARY KEY, employees bigint)")
    target = TARGET.model_copy(update={"name": "theirs", "table": "theirs", "create": False})
    owner = Database(granted, application="test", size=1)
    try:
        with pytest.raises(ConfigurationError) as caught, owner.transaction() as tx:
            grants.issue(tx, [target])
        assert caught.value.code == "not_granted"
        assert 'ON "public"."theirs" TO' in caught.value.hint
        # done as the hint says, it passes
        with psycopg.connect(
            postgres_server.url_for(SUPERUSER, name).replace("+psycopg", ""), autocommit=True
        ) as connection:
            for role, letters in rights.TARGETS.items():
                words = ", ".join(VERBS[letter] for letter in letters)
                connection.execute(f"GRANT {words} ON public.theirs TO {role}")
        with owner.transaction() as tx:
            grants.issue(tx, [target])
    finally:
        owner.close()


def test_columns_that_count_by_themselves_can_be_filled(granted: str, url_for: Callable[[str], str]) -> None:
    owner = Database(granted, application="test", size=1)
    target = TARGET.model_copy(update={"name": "numbered", "table": "numbered", "create": False})
    try:
        with owner.transaction() as tx:
            tx.execute("CREATE TABLE public.numbered (id serial, name text PRIMARY KEY, employees bigint)")
            grants.issue(tx, [target])
    finally:
        owner.close()
    with psycopg.connect(url_for("assay_upsert").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("INSERT INTO public.numbered (name) VALUES ('a')")
