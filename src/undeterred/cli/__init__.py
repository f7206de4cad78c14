"""Commands for people, a module per noun. A command speaks to a master over HTTP or starts a process; it never imports a server's room."""
