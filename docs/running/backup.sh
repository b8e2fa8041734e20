#!/bin/sh
# Copies Gutsy's log while players play, and its keys apart from it. The log's copies are kept for
# 14 days. Of the keys only the newest copy is kept: a key that outlived its owner's erasure would
# undo it.
#
# Needs GUTSY (the folder of the gutsy command), GUTSY_DATA_DIR and BACKUPS, and whatever else the
# server is told of where its files are. Send the two folders log/ and keys/ to different places:
# only who has both can read anybody's words.
set -eu
umask 077
mkdir -p "$BACKUPS/log" "$BACKUPS/keys"

"$GUTSY/gutsy" backup "$BACKUPS/log/gutsy-$(date -u +%Y-%m-%dT%H%M%SZ).db"

# A copy by SQLite itself: the file is in use. What is not there must fail, not be made.
keys=${GUTSY_KEYS_URL:-sqlite:///$GUTSY_DATA_DIR/keys.db}
rm -f "$BACKUPS/keys/keys.db.new"
"$GUTSY/python" - "${keys#sqlite:///}" "$BACKUPS/keys/keys.db.new" <<'PYTHON'
import sqlite3
import sys
from pathlib import Path

source = sqlite3.connect(f"{Path(sys.argv[1]).absolute().as_uri()}?mode=ro", uri=True)
source.execute("SELECT count(*) FROM keys")
target = sqlite3.connect(sys.argv[2])
source.backup(target)
target.close()
PYTHON
if [ -f "$GUTSY_DATA_DIR/secret" ]; then
    cp "$GUTSY_DATA_DIR/secret" "$BACKUPS/keys/secret"
fi
mv "$BACKUPS/keys/keys.db.new" "$BACKUPS/keys/keys.db"

find "$BACKUPS/log" -name 'gutsy-*.db' -mtime +13 -delete
