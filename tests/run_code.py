"""A child that runs the code that it is given: ``python -m run_code CODE``, for tests of how children are started."""

import sys

if __name__ == "__main__":
    exec(compile(sys.argv[1], "<code>", "exec"), {"__name__": "__main__"})  # noqa: S102 - that is its purpose
