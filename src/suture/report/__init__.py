"""What people and programs look at: plans as text, progress while a job runs, a summary at its end.

`plan_text` prints a plan (`plan_tree`, `plan_script`, `plan_json`, `plan_graph` are its forms). `watch`
chooses who watches a job: `json_lines` (for programs), `terminal` (a person at a terminal) or `plain` (a
log). What they show is computed in `work` and `progress`, which are pure, and worded in `summary`. Nothing
here changes what a job does; only `terminal` imports rich, and only when it is used.
"""
