"""Makes Keystone's database, keys and administrator: runs `keystone-manage` several times with one import.

usage: manage_keystone.py CONFIG PASSWORD AUTH_URL
"""

import grp
import os
import pwd
import sys

import keystone.cmd.manage as manage

config, password, url = sys.argv[1:]
owner = ["--keystone-user", pwd.getpwuid(os.getuid()).pw_name, "--keystone-group", grp.getgrgid(os.getgid()).gr_name]
urls = [word for kind in ("public", "internal", "admin") for word in (f"--bootstrap-{kind}-url", url)]

for command in (
    ["db_sync"],
    ["fernet_setup", *owner],
    ["credential_setup", *owner],
    ["bootstrap", "--bootstrap-password", password, "--bootstrap-region-id", "ot1", *urls],
):
    child = os.fork()
    if child == 0:
        sys.argv = ["keystone-manage", "--config-file", config, *command]
        sys.exit(manage.main())
    if os.waitpid(child, 0)[1] != 0:
        sys.exit(f"keystone-manage {command[0]} failed")
