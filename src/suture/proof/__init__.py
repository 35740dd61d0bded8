"""`suture verify`: does a file hold every frame, timestamp and stream of another, and what of it can't be told?

Start at `compare`, which asks everything that `suture.verify` can answer. `between` is what stands between the two
files (settings), `wanted` what the output has to hold by what is known of containers, `streams` how one pair is looked
at, `witnesses` who knows how much later all of it is, `verdict` what is given back.
"""

from suture.proof.between import Between
from suture.proof.compare import verify
from suture.proof.verdict import StreamVerdict, VerifyReport

__all__ = ["Between", "StreamVerdict", "VerifyReport", "verify"]
