"""The programs behind the commands: how one is started."""

import sys


def program(module: str, *words: str) -> list[str]:
    """This interpreter with a module of ours; the present folder is not searched for modules, and text is UTF-8 whatever the locale says."""
    return [sys.executable, "-P", "-X", "utf8", "-m", f"undeterred.{module}", *words]
