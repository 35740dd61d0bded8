"""Is a file the one that it has to be? `publish` asks it of a job's own part file, `suture verify` of any two files.

`finding` is what both say; the questions themselves are the other modules, each usable for itself: `promises` (what a
stream says about itself), `times` (when frames are shown), `packets`, `lines` and `rest` (what is copied), `pictures`
and `sound` (what was encoded). Who asks them all of two files is `suture.proof`.
"""

from suture.verify.part_file import facts_path, losses_path, publish, published, verify_part

__all__ = ["facts_path", "losses_path", "publish", "published", "verify_part"]
