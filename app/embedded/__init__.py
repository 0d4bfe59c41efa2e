"""The PostgreSQL that runs inside the data folder when no other is named.

One rule: nobody but the account that started it, and those it gave a password, gets in.
So it listens on no network, its socket lies in a 0700 folder, and when it is started
as root PostgreSQL alone drops to something less.

    folder/                 0700
      lock                  held while a server is started or stopped
      passwords.json        0600; never inside the cluster, so a copy of the cluster has none
      ready                 which roles.sql this cluster was prepared with
      home -> …             only for a service account: the next four lie there instead
      cluster/ run/ programs/ server.log
"""

from app.embedded.durability import check_durability
from app.embedded.server import Addresses, Embedded

__all__ = ["Addresses", "Embedded", "check_durability"]
