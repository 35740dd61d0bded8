"""Where tasks run: implementations of `suture.orchestrator.executor.Executor`.

`local` is this machine. Nothing here decides what runs or what is tried again: `suture.orchestrator` does.
"""
