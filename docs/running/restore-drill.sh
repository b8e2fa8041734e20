#!/bin/sh
# Tries the newest backup in a folder of its own: is it whole, does every word open, is every board
# what the log amounts to? Changes nothing that is in use. Ends with 0 if all is well.
#
# Needs GUTSY (the folder of the gutsy command) and BACKUPS, as backup.sh left them.
set -eu
umask 077
newest=$(find "$BACKUPS/log" -name 'gutsy-*.db' | sort | tail -n 1)
GUTSY_DATA_DIR=$(mktemp -d)
export GUTSY_DATA_DIR
# Never those that are in use.
unset GUTSY_DATABASE_URL GUTSY_KEYS_URL
trap 'rm -rf "$GUTSY_DATA_DIR"' EXIT

# A copy of the copy: to read it, SQLite would write beside it.
cp "$newest" "$GUTSY_DATA_DIR/backup.db"
cp "$BACKUPS/keys/keys.db" "$GUTSY_DATA_DIR/"
if [ -f "$BACKUPS/keys/secret" ]; then
    cp "$BACKUPS/keys/secret" "$GUTSY_DATA_DIR/"
fi
"$GUTSY/gutsy" restore "$GUTSY_DATA_DIR/backup.db"
"$GUTSY/gutsy" projections rebuild
"$GUTSY/gutsy" verify
