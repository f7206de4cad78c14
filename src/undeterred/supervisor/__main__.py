"""Start as a folder: `python -I -S -E .../undeterred/supervisor <task folder>`, or with `--collect <task folder>`, or with `--probe`."""

import os
import sys

if __package__ in {None, ""}:
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from undeterred.supervisor.main import main

if __name__ == "__main__":
    main(sys.argv[1:])
