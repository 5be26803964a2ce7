#!/bin/sh
# Makes the secrets that docker-compose.yml names, once; what is there already stays as it is.
# The folder is closed to everyone else on this machine. The files in it can be read by all, because a container reads
# them as a user that this machine does not know.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets/sources data
chmod 700 secrets
chmod 755 secrets/sources data

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

keep() { # name value: write a secret unless it is there
    if [ ! -e "secrets/$1" ]; then
        printf '%s' "$2" >"secrets/$1"
        chmod 444 "secrets/$1"
        echo "made deploy/secrets/$1"
    fi
}

keep postgres_password "$(random)"
keep redis_password "$(random)"
keep broker_url "redis://:$(cat secrets/redis_password)@redis:6379/0"
keep flower_password "$(random)"
keep model_api_key "unused by the offline model"
for role in owner fetch model gate upsert control api; do
    keep "database_url_$role" "postgresql+psycopg://assay_$role:$(random)@postgres:5432/assay"
done
