"""How much a stretch of picture differs from what it should be: metrics, scores of frames, and their pooling.

Start at `measure`. `metrics` says what can be measured, at which size, with which model; `logs` reads what ffmpeg's
filters write; `scores` are the numbers of single frames, `pool` makes one number of many. ffmpeg runs in
`suture.command.measuring`; two whole files are compared by `suture.proof.measured`.
"""
