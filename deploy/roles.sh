#!/bin/sh
# Runs once, when the data directory of PostgreSQL is made: one role per kind of worker. What each may touch is
# granted by `assay migrate`. The passwords are those of the addresses that the workers are given.
set -eu
for role in owner fetch model gate upsert control api; do
    address=$(cat "/run/secrets/database_url_$role")
    password=${address#*://*:}
    password=${password%%@*}
    # read from standard input, so that no password stands among the arguments of a process
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<SQL
CREATE ROLE assay_$role LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB PASSWORD '$password';
SQL
done
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<SQL
-- who refolds may delete from targets, for one transaction: upsert takes the role then, and has none of it otherwise
CREATE ROLE assay_refold NOLOGIN;
ALTER ROLE assay_upsert NOINHERIT;
GRANT assay_refold TO assay_upsert;
ALTER DATABASE "$POSTGRES_DB" OWNER TO assay_owner;
REVOKE ALL ON DATABASE "$POSTGRES_DB" FROM PUBLIC;
GRANT CONNECT ON DATABASE "$POSTGRES_DB" TO assay_fetch, assay_model, assay_gate, assay_upsert, assay_control, assay_api;
SQL
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<SQL
ALTER SCHEMA public OWNER TO assay_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SQL
