#!/bin/bash
# Of the official image's entry point, what compose/ rests on: secrets are read from files as root, the
# data folder is given to mysql, an empty one is filled by a server without a network, and then the
# server runs as mysql.
set -euo pipefail
# With it or without it, what follows are options of the server.
[ "${1:-}" != mysqld ] || shift
data=/var/lib/mysql
read_secret() {
  local path_name="$1_FILE"
  printf '%s' "$(<"${!path_name}")"
}
if [ "$(id -u)" = 0 ]; then
  password=$(read_secret MYSQL_PASSWORD)
  root_password=$(read_secret MYSQL_ROOT_PASSWORD)
  mkdir -p "$data" /var/run/mysqld
  find "$data" /var/run/mysqld \! -user mysql -exec chown mysql {} +
  export MYSQL_PASSWORD=$password MYSQL_ROOT_PASSWORD=$root_password
  exec gosu mysql bash "$0" "$@"
fi
common=(--datadir="$data" --socket=/var/run/mysqld/mysqld.sock --pid-file=/var/run/mysqld/mysqld.pid --lc-messages-dir=/usr/share/mysql --secure-file-priv=NULL)
if [ ! -d "$data/mysql" ]; then
  mysqld --no-defaults "${common[@]}" --initialize-insecure
  mysqld --no-defaults "${common[@]}" "$@" --skip-networking &
  server=$!
  until mysqladmin --no-defaults --socket=/var/run/mysqld/mysqld.sock --user=root --silent ping; do sleep 0.3; done
  mysql --no-defaults --socket=/var/run/mysqld/mysqld.sock --user=root <<SQL
CREATE DATABASE \`$MYSQL_DATABASE\`;
CREATE USER '$MYSQL_USER'@'%' IDENTIFIED BY '$MYSQL_PASSWORD';
GRANT ALL ON \`${MYSQL_DATABASE//_/\\_}\`.* TO '$MYSQL_USER'@'%';
ALTER USER 'root'@'localhost' IDENTIFIED BY '$MYSQL_ROOT_PASSWORD';
SQL
  kill "$server"
  wait "$server" || true
fi
unset MYSQL_PASSWORD MYSQL_ROOT_PASSWORD
exec mysqld --no-defaults "${common[@]}" "$@"
