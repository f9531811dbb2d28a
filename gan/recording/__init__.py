"""A run on disk: written while it trains, read back strictly, recovered after a kill, and replayed.

`checkpoint` lists the files. Each format has a module: `run_file`, `commands_file`, `series_file`, `weights_file`;
`epochs` keeps weights and images epoch by epoch. `writer` writes a run while it trains, `recovery` finds the newest
intact state, `replay` trains it again. In memory, `record` holds the commands, `metric_history` the metrics, and
`marks` what the chart shows of commands. Weights are safetensors, settings and commands JSON; nothing is pickled.

May import: training, data, settings.
"""
